#!/usr/bin/env bash
# Runs the recipes of Kafka Connect in the current folder, in one worker, until the table has so many rows and
# articles.ndjson so many lines, and prints the rows as CSV:
#
#   connect.sh BOOTSTRAP TOPIC ROWS PLUGINS COPYDESK
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
recipe=$here/../../deploy/recipes/kafka-connect
bootstrap=$1 topic=$2 rows=$3 plugins=$4 copydesk=$5
jars=$(realpath -m "${COPYDESK_CACHE:-$here/../../.cache}")/kafka
jars=$(find "$jars" -mindepth 2 -maxdepth 2 -name .complete -printf '%h\n' | sort | tail -n 1)
java=(java -XX:+UseSerialGC -XX:TieredStopAtLevel=1)
url="jdbc:h2:$PWD/news;DATABASE_TO_UPPER=FALSE;AUTO_SERVER=TRUE"

# As the recipe's README has it.
printf 'schema=%s\n' "$("$copydesk" schema --format connect | tr -d '\n')" >article.connect.properties
echo 'password=x' >secrets.properties
# Port 0 is any free one.
sed -e "s#^bootstrap.servers=.*#bootstrap.servers=$bootstrap#" -e "s#^plugin.path=.*#plugin.path=$plugins#" \
  -e 's#^listeners=.*#listeners=http://127.0.0.1:0#' "$recipe/worker.properties" >worker.properties
sed -e "s#^connection.url=.*#connection.url=$url#" -e "s#^topics=.*#topics=$topic#" \
  "$recipe/jdbc-sink.properties" >jdbc-sink.properties
sed -e "s#^topics=.*#topics=$topic#" "$recipe/file-sink.properties" >file-sink.properties

"${java[@]}" -Xmx512m "-Dlog4j2.configurationFile=$here/../kafka/log4j2.properties" -cp "$jars/*" \
  org.apache.kafka.connect.cli.ConnectStandalone worker.properties \
  jdbc-sink.properties file-sink.properties >connect.log 2>&1 </dev/null &
worker=$!
trap 'kill -KILL $worker 2>/dev/null || true' EXIT

sql() { "${java[@]}" -cp "$plugins/debezium/*" org.h2.tools.Shell -url "$url;IFEXISTS=TRUE" -user news -password x -sql "$1" 2>/dev/null; }
while [ "$SECONDS" -lt 120 ]; do
  if [ "$(cat articles.ndjson 2>/dev/null | wc -l)" = "$rows" ] &&
    [ "$(sql 'SELECT count(*) FROM article_revisions' | sed -n 2p)" = "$rows" ]; then
    sql "CALL CSVWRITE('rows.csv', 'SELECT id, revision, title, language_code, published_at FROM article_revisions ORDER BY id, revision')" >/dev/null
    cat rows.csv
    exit
  fi
  kill -0 "$worker" 2>/dev/null || break
  sleep 0.5
done
tail -n 40 connect.log >&2
exit 1
