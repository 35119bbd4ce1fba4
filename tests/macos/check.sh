#!/bin/sh
# Type-checks engine and command for macOS. Exit codes as in tests/typecheck.sh: 0 fine, 1 broken, 77 cannot be told here.
exec sh "$(dirname "$0")/../typecheck.sh" aarch64-apple-darwin
