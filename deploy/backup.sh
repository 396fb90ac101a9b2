#!/bin/sh
# backup.sh PUBLICATION TARGET KEEP: one backup of the publication in the folder PUBLICATION, as
# TARGET/YYYYMMDDTHHMMSSZ/ with the database and everything that belongs to it, and no more than the newest KEEP of them.
#
# A backup is whole or not there: it is made under another name, and renamed when all of it is on the disk. Old ones are
# removed only after that.
set -eu
umask 077

publication=$1 target=$2 keep=$3
publisher=${PUBLISHER:-publisher}

case $keep in
'' | *[!0-9]* | 0) echo "backup.sh: KEEP is a number from 1, not '$keep'" >&2 && exit 2 ;;
esac
[ -f "$publication/config.toml" ] || { echo "backup.sh: there is no config.toml in $publication" >&2 && exit 2; }

mkdir -p "$target"
name=$(date -u +%Y%m%dT%H%M%SZ)
part=$target/.$name.part
trap 'rm -rf "$part"' EXIT
rm -rf "$target"/.*.part
mkdir "$part"

"$publisher" --config "$publication/config.toml" db backup "$part/database" >/dev/null
# The secret goes with it: without it every leave link in every letter that was ever sent is dead.
(cd "$publication" && tar -cf - --exclude ./out --exclude './var/publisher.db*' --exclude ./.git .) >"$part/publication.tar"
sync -f "$part" 2>/dev/null || sync
mv "$part" "$target/$name"
trap - EXIT
echo "$target/$name"

# The names sort by time.
find "$target" -mindepth 1 -maxdepth 1 -type d -name '????????T??????Z' | sort -r | tail -n +$((keep + 1)) |
    while IFS= read -r old; do
        rm -rf "$old"
    done
