"""`python -m publisher`, and the `publisher` command."""

from publisher.cli import main

if __name__ == "__main__":
    main()
