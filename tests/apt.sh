# shellcheck shell=bash
# To be sourced: installs Debian packages where it may.

# apt_install WHAT PACKAGE...: as root, on a system with apt; else one line that says what to do.
apt_install() {
  local what=$1
  shift
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "$what is missing: install it (Debian: apt-get install $*)" >&2
    exit 1
  fi
  echo "installing $*" >&2
  local -x DEBIAN_FRONTEND=noninteractive
  { apt-get install -y -q --no-install-recommends "$@" ||
    { apt-get update -q && apt-get install -y -q --no-install-recommends "$@"; }; } >&2 </dev/null ||
    { echo "$what is missing and apt-get could not install it: install $*" >&2; exit 1; }
}
