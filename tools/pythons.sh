#!/bin/sh
# Prints "VERSION PATH" for every Python that Publisher supports and that really starts here: 3.11 first, because it is
# the oldest, then the newest to the older ones. A pyenv shim may exist and yet start nothing; a Debian python3 may lack
# venv; both are passed over. $PYTHON, when it is set, is the only one looked at.
set -u

supported='import sys, venv, ensurepip; v = sys.version_info; (3, 11) <= v[:2] <= (3, 14) or sys.exit(1)
print(f"{v[0]}.{v[1]}", sys.executable)'

candidates() {
    if [ -n "${PYTHON:-}" ]; then
        echo "$PYTHON"
        return
    fi
    for name in python3.11 python3.14 python3.13 python3.12 python3; do
        # Every one on the PATH, not only the first: behind a shim that fails there may be one that works.
        printf '%s\n' "$PATH" | tr ':' '\n' | while IFS= read -r folder; do
            [ -x "$folder/$name" ] && echo "$folder/$name"
        done
        for root in "${PYENV_ROOT:-}" "${HOME:-}/.pyenv" /opt/pyenv; do
            for path in "$root"/versions/*/bin/"$name"; do
                [ -x "$path" ] && echo "$path"
            done
        done
    done
}

candidates | while IFS= read -r path; do
    "$path" -c "$supported" </dev/null 2>/dev/null
done | awk '!seen[$1]++' | sort -t. -k2,2nr | awk '$1 == "3.11" { print; next } { later = later $0 "\n" } END { printf "%s", later }'
