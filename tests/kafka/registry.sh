#!/usr/bin/env bash
# A real schema registry on this machine, for tests: Apicurio Registry, whose API below
# /apis/ccompat/v7 is that of Confluent's. Keeps everything in memory. Needs bash, Java and Maven.
#
#   tests/kafka/registry.sh install
#   tests/kafka/registry.sh run PORT [PID]     in the foreground, on loopback, until it is ended, or the
#                                              process PID
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/apt.sh
. "$here/../apt.sh"
# The last line that runs on Java 17, as the tests' Kafka does.
version=2.6.13.Final
cache=$(realpath -m "${COPYDESK_CACHE:-$here/../../.cache}")/registry
folder=$cache/$version

install() {
  [ -e "$folder/.complete" ] && return
  # Java, and Maven, as the broker needs them.
  "$here/kafka.sh" install
  command -v mvn >/dev/null || apt_install Maven maven
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9
  [ -e "$folder/.complete" ] && return
  echo "registry: fetching Apicurio Registry $version" >&2
  local part
  part=$(mktemp -d "$cache/.part.XXXXXX")
  mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
    -Dartifact="io.apicurio:apicurio-registry-app:$version:tar.gz:all" -DoutputDirectory="$part" >&2 </dev/null ||
    { rm -rf "$part"; echo "registry: Maven could not fetch Apicurio Registry $version" >&2; exit 1; }
  tar -xzf "$part"/*.tar.gz -C "$part"
  rm "$part"/*.tar.gz
  touch "$part/.complete"
  rm -rf "$folder"
  mv -T "$part" "$folder"
}

case ${1-} in
  install) install ;;
  run)
    install
    cd "$folder"
    # What becomes of this script is the registry; its guard is in a session of its own.
    # shellcheck disable=SC2016
    [ -z "${3-}" ] || setsid bash -c 'while kill -0 "$0" 2>/dev/null && kill -0 "$1" 2>/dev/null; do sleep 0.5; done
      kill "$1" 2>/dev/null' "$3" $$ >/dev/null 2>&1 </dev/null &
    exec java -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dquarkus.http.host=127.0.0.1 \
      -Dquarkus.http.port="${2:?a port}" -jar "apicurio-registry-app-$version-runner.jar"
    ;;
  *) echo 'usage: tests/kafka/registry.sh install | run PORT [PID]' >&2; exit 64 ;;
esac
