"""The operators' web page: TypeScript below src/, built into dist/, which hub/api/console_files.py serves."""
