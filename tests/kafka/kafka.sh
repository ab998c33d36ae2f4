#!/usr/bin/env bash
# A real Apache Kafka on this machine, for tests: needs bash and Java only. See README.md beside it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=tests/apt.sh
. "$root/tests/apt.sh"
version=${KAFKA_VERSION:-$(sed -n 's:.*<kafka.version>\(.*\)</kafka.version>.*:\1:p' "$here/pom.xml")}
cache=$(realpath -m "${COPYDESK_CACHE:-$root/.cache}")/kafka
jars=$cache/$version
name=default
node=
with=
properties=
listeners=()
users=()
java_options=()

say() { printf 'kafka: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

usage() {
  cat >&2 <<'USAGE'
usage: tests/kafka/kafka.sh COMMAND [--name NAME] [--node N] [ARGUMENTS]
  install          fetch Apache Kafka and what it needs
  start            start one broker on a free loopback port, print its address
  cluster          the same with three nodes
  stop             end the nodes (SIGTERM) and remove their files
  kill             end them at once (SIGKILL); their files stay
  restart          start what was stopped by `kill` again: same ports, same files
  env              print the address as a line for `eval`
  listeners        print the address of each further listener as NAME=HOST:PORT
  consume TOPIC    print a topic from its start, committed records only (--json for NDJSON of keys and headers is
                   tests/kafka/read.py)
--with PID, at a start, stops the broker when that process has ended, however it ends.
--listener NAME, again for each, opens a further port at a start; --properties FILE is put below the node's settings and
says what the listeners speak; --java OPTION, again for each, is one of the Java machine; --user 'SCRAM-SHA-256=[name=…,password=…]', again for each, is known from the start.
--name lets several brokers live side by side (default: "default"); --node picks one node of a cluster.
USAGE
  exit 64
}

# -- what must be installed ---------------------------------------------------------------------

java_major() { "$1" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1; }

java_binary() {
  local candidate
  for candidate in "${JAVA_HOME:+$JAVA_HOME/bin/java}" "$(command -v java || true)" /usr/lib/jvm/java-17-*/bin/java; do
    if [ -n "$candidate" ] && [ -x "$candidate" ] && [ "$(java_major "$candidate")" -ge 17 ] 2>/dev/null; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  return 1
}

install() {
  [ -e "$jars/.complete" ] && return
  java_binary >/dev/null || apt_install "Java 17 or later" openjdk-17-jre-headless
  command -v mvn >/dev/null || apt_install Maven maven
  say "fetching Apache Kafka $version"
  mkdir -p "$cache"
  local part
  part=$(mktemp -d "$cache/.part.XXXXXX")
  JAVA_HOME=$(dirname "$(dirname "$(readlink -f "$(java_binary)")")") \
    mvn -q -B -f "$here/pom.xml" -Dkafka.version="$version" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DoutputDirectory="$part" -DincludeScope=runtime >&2 </dev/null ||
    { rm -rf "$part"; die "Maven could not fetch Apache Kafka $version"; }
  touch "$part/.complete"
  # Two at once fetch the same thing: the first to arrive stays.
  mv -T "$part" "$jars" 2>/dev/null || rm -rf "$part"
}

# -- processes ----------------------------------------------------------------------------------

# A process by id and start time, so that no stranger with a reused id is ever ended.
started_at() { sed -n 's/^.*) //p' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }

pid_of() {
  local pid start
  read -r pid start <"$1/pid" 2>/dev/null || return 1
  [ -n "$start" ] && [ "$(started_at "$pid")" = "$start" ] && printf '%s\n' "$pid"
}

free_port() {
  local port
  while :; do
    # Below the range from which the kernel takes ports for outgoing connections.
    port=$((20000 + RANDOM % 12000))
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { printf '%s\n' "$port"; return; }
  done
}

# Kafka's ApiVersions request, version 0: any answer will do.
answers() {
  local reply
  reply=$(exec 3<>"/dev/tcp/127.0.0.1/$1" &&
    printf '\0\0\0\012\0\022\0\0\0\0\0\01\377\377' >&3 && timeout 2 head -c 4 <&3 | od -An -tx1) 2>/dev/null
  [ -n "$reply" ]
}

# launch DIRECTORY: Kafka in a session of its own, so that a Ctrl-C for the tests does not reach it.
launch() {
  local java options
  java=$(java_binary) || die "Java 17 or later is missing: run tests/kafka/kafka.sh install"
  mapfile -t options <"$1/java-options"
  : >"$1/output"
  # shellcheck disable=SC2016
  setsid bash -c 'read -r -a stat < <(sed "s/^.*) //" /proc/$$/stat)
    echo "$$ ${stat[19]}" >"$0/pid"; exec "$@"' "$1" \
    "$java" "-Xmx${KAFKA_HEAP:-512m}" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError \
    "-Dlog4j2.configurationFile=$here/log4j2.properties" -cp "$jars/*" \
    "${options[@]}" kafka.Kafka "$1/server.properties" >"$1/output" 2>&1 </dev/null &
}

# await DIRECTORY: until the node is up and its port speaks Kafka.
await() {
  local port waited=0
  port=$(sed -n 's/^listeners=PLAINTEXT:\/\/127.0.0.1:\([0-9]*\),.*/\1/p' "$1/server.properties")
  until grep -q 'Kafka Server started' "$1/output" && answers "$port"; do
    if [ "$waited" -gt 10 ] && ! pid_of "$1" >/dev/null; then
      tail -n 5 "$1/output" >&2
      return 1
    fi
    [ "$waited" -lt 1200 ] || { tail -n 5 "$1/output" >&2; say "no answer after 120 s"; return 1; }
    sleep 0.1
    waited=$((waited + 1))
  done
}

# finish DIRECTORY SIGNAL: ends a node and waits until it is gone.
finish() {
  local pid waited=0
  pid=$(pid_of "$1") || return 0
  kill "-$2" "$pid" 2>/dev/null || true
  while pid_of "$1" >/dev/null; do
    [ "$waited" -ne 300 ] || kill -KILL "$pid" 2>/dev/null || true
    sleep 0.1
    waited=$((waited + 1))
  done
}

# -- brokers ------------------------------------------------------------------------------------

run_directory() { printf '%s/run/%s\n' "$cache" "$name"; }

node_directories() {
  local directory
  for directory in "$(run_directory)"/node-${node:-*}; do
    [ -d "$directory" ] || die "no broker named '$name'${node:+ with a node $node}: start one first"
    printf '%s\n' "$directory"
  done
}

# configure DIRECTORY ID COPIES BROKER_PORT CONTROLLER_PORT VOTERS
configure() {
  local quorum=controller.quorum.voters further='' listener
  for listener in "${listeners[@]}"; do
    further+=,$listener://127.0.0.1:$(free_port)
  done
  [ "$3" -gt 1 ] || quorum=controller.quorum.bootstrap.servers
  mkdir -p "$1"
  printf '%s' "${java_options[@]/%/$'\n'}" >"$1/java-options"
  cat >"$1/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=$2
$quorum=$6
listeners=PLAINTEXT://127.0.0.1:$4,CONTROLLER://127.0.0.1:$5$further
advertised.listeners=PLAINTEXT://127.0.0.1:$4$further
controller.listener.names=CONTROLLER
log.dirs=$1/log
# A topic that nobody created is a mistake of ours and must show.
auto.create.topics.enable=false
default.replication.factor=$3
min.insync.replicas=$((3 > $3 ? 1 : 2))
offsets.topic.replication.factor=$3
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=$3
transaction.state.log.min.isr=$((3 > $3 ? 1 : 2))
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=$3
share.coordinator.state.topic.min.isr=$((3 > $3 ? 1 : 2))
# Tests wait for group changes: no grace for members that might still come.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
# A broker that was killed may come back only when its old session has ended: 9 s by default.
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
log.cleaner.dedupe.buffer.size=4000000
num.network.threads=2
num.io.threads=4
PROPERTIES
  [ -z "$properties" ] || cat "$properties" >>"$1/server.properties"
}

format() {
  local output
  output=$("$(java_binary)" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "-Dlog4j2.configurationFile=$here/log4j2.properties" \
    -cp "$jars/*" kafka.tools.StorageTool format "${@:3}" -t "$2" -c "$1/server.properties" 2>&1) ||
    { printf '%s\n' "$output" >&2; die "the log directory of $1 could not be formatted"; }
}

# 16 random bytes as Kafka writes them: URL-safe base64; a leading hyphen would look like a flag.
cluster_id() { printf 'c%s\n' "$(head -c 16 /dev/urandom | base64 | tr '+/' 'ab' | cut -c 2-22)"; }

start() {
  local copies=$1 directory id voters='' addresses='' n attempt brokers=() controllers=() mode=() user
  if [ -n "${KAFKA_BOOTSTRAP_SERVERS:-}" ]; then
    say "KAFKA_BOOTSTRAP_SERVERS is set: nothing started"
    printf '%s\n' "$KAFKA_BOOTSTRAP_SERVERS"
    return
  fi
  install
  directory=$(run_directory)
  for n in "$directory"/node-*; do
    [ ! -d "$n" ] || ! pid_of "$n" >/dev/null || die "a broker named '$name' is running: stop it, or give a --name"
  done
  for attempt in 1 2 3; do
    rm -rf "$directory"
    brokers=() controllers=() voters='' addresses='' mode=()
    for ((n = 1; n <= copies; n++)); do
      brokers[n]=$(free_port) controllers[n]=$(free_port)
      voters+=${voters:+,}$n@127.0.0.1:${controllers[n]}
      addresses+=${addresses:+,}127.0.0.1:${brokers[n]}
    done
    [ "$copies" -gt 1 ] || { voters=127.0.0.1:${controllers[1]}; mode=(--standalone); }
    for user in "${users[@]}"; do mode+=(--add-scram "$user"); done
    id=$(cluster_id)
    for ((n = 1; n <= copies; n++)); do
      configure "$directory/node-$n" "$n" "$copies" "${brokers[n]}" "${controllers[n]}" "$voters"
      format "$directory/node-$n" "$id" "${mode[@]}"
    done
    printf '%s\n' "$addresses" >"$directory/bootstrap"
    for ((n = 1; n <= copies; n++)); do launch "$directory/node-$n"; done
    for ((n = 1; n <= copies; n++)); do
      await "$directory/node-$n" || { stop_quietly "$directory"; continue 2; }
    done
    say "Apache Kafka $version, $copies node(s), at $addresses"
    [ -z "$with" ] || stop_with "$with"
    printf '%s\n' "$addresses"
    return
  done
  die "Kafka did not start in $attempt attempts: see the lines above"
}

# stop_with PID: a guard in a session of its own.
stop_with() {
  local start
  start=$(started_at "$1")
  # shellcheck disable=SC2016
  setsid bash -c 'while [ "$(sed "s/^.*) //" "/proc/$1/stat" 2>/dev/null | cut -d " " -f 20)" = "$2" ]; do
      sleep 0.5; done
    exec "$0" stop --name "$3"' "$here/kafka.sh" "$1" "$start" "$name" >/dev/null 2>&1 </dev/null &
}

stop_quietly() {
  local n
  for n in "$1"/node-*; do finish "$n" TERM & done
  wait
}

address() {
  if [ -n "${KAFKA_BOOTSTRAP_SERVERS:-}" ]; then
    printf '%s\n' "$KAFKA_BOOTSTRAP_SERVERS"
  else
    cat "$(run_directory)/bootstrap" 2>/dev/null || die "no broker named '$name': start one first"
  fi
}

further_listeners() {
  sed -n 's/^advertised\.listeners=[^,]*,//p' "$(run_directory)"/node-1/server.properties | tr ',' '\n' | sed 's#://#=#'
}

consume() {
  [ $# -ge 1 ] || usage
  install
  exec "$(java_binary)" -XX:TieredStopAtLevel=1 "-Dlog4j2.configurationFile=$here/log4j2.properties" -cp "$jars/*" \
    org.apache.kafka.tools.consumer.ConsoleConsumer --bootstrap-server "$(address)" --from-beginning \
    --isolation-level read_committed --formatter-property print.key=true --topic "$@"
}

ours_only() {
  [ -z "${KAFKA_BOOTSTRAP_SERVERS:-}" ] || die "KAFKA_BOOTSTRAP_SERVERS names a broker that is not ours: '$1' leaves it alone"
}

[ $# -ge 1 ] || usage
command=$1
shift
arguments=()
while [ $# -gt 0 ]; do
  case $1 in
    --name) name=${2:?--name needs a name}; shift 2 ;;
    --node) node=${2:?--node needs a number}; shift 2 ;;
    --listener) listeners+=("${2:?--listener needs a name}"); shift 2 ;;
    --properties) properties=${2:?--properties needs a file}; shift 2 ;;
    --java) java_options+=("${2:?--java needs an option}"); shift 2 ;;
    --user) users+=("${2:?--user needs a mechanism and its credentials}"); shift 2 ;;
    --with) with=${2:?--with needs a process id}; shift 2 ;;
    *) arguments+=("$1"); shift ;;
  esac
done
case $name in *[!A-Za-z0-9_.-]* | .*) die "a name has letters, digits, '.', '_' and '-' only" ;; esac

case $command in
  install) install ;;
  start) start 1 ;;
  cluster) start 3 ;;
  stop)
    [ -z "${KAFKA_BOOTSTRAP_SERVERS:-}" ] || exit 0
    [ -d "$(run_directory)" ] || exit 0
    if [ -n "$node" ]; then finish "$(node_directories)" TERM; else
      stop_quietly "$(run_directory)"
      rm -rf "$(run_directory)"
    fi
    ;;
  kill)
    ours_only kill
    while read -r directory; do finish "$directory" KILL; done < <(node_directories)
    ;;
  restart)
    ours_only restart
    mapfile -t directories < <(node_directories)
    for directory in "${directories[@]}"; do
      finish "$directory" TERM
      launch "$directory"
    done
    for directory in "${directories[@]}"; do await "$directory" || die "the broker did not come back"; done
    address
    ;;
  env) printf 'export KAFKA_BOOTSTRAP_SERVERS=%s\n' "$(address)" ;;
  listeners) further_listeners ;;
  consume) consume "${arguments[@]}" ;;
  *) usage ;;
esac
