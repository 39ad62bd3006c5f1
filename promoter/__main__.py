"""`promoter` and `python -m promoter`: the command line, which Ctrl-C ends with 130, whenever it comes."""

import sys


def main() -> None:
    """Run the command line. It is imported here, within the guard: that takes most of a second."""
    try:
        from promoter.cli.main import main as run  # noqa: PLC0415

        run()
    except KeyboardInterrupt:
        sys.stderr.write("\nAborted!\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
