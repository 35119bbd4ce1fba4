#!/bin/sh
# Spreads a library on shared storage over a Slurm cluster: one array, and one job after it that joins the reports.
#
#     sh submit.sh LIBRARY REPORTS [TASKS] [-- OPTIONS]
#
# LIBRARY   a folder of shards, under the same path on every node
# REPORTS   a folder on shared storage, new or empty
# TASKS     so many slices, each of several shards; without it a task a shard
# OPTIONS   of `shardpress run`, for example: -- --target 1024 --originals delete
#
# What sbatch should know besides (partition, account, a throttle) it takes from its own variables, such as SBATCH_PARTITION.
# Prints the numbers of the two jobs.
set -eu
usage="submit.sh: sh submit.sh LIBRARY REPORTS [TASKS] [-- OPTIONS of shardpress run]"
[ $# -ge 2 ] || {
    echo "$usage" >&2
    exit 2
}
here=$(cd "$(dirname "$0")" && pwd)
[ -d "$1" ] || {
    echo "submit.sh: $1 is no folder" >&2
    exit 2
}
mkdir -p "$2"
SHARDPRESS_LIBRARY=$(cd "$1" && pwd)
SHARDPRESS_REPORTS=$(cd "$2" && pwd)
shift 2
# Reports of another array would be joined with these.
[ -z "$(ls -A "$SHARDPRESS_REPORTS")" ] || {
    echo "submit.sh: $SHARDPRESS_REPORTS is not empty. Nothing was submitted; name a new folder" >&2
    exit 2
}
SHARDPRESS_SLICES='' SHARDPRESS_LIST=''
case ${1:-} in
'' | --)
    SHARDPRESS_LIST=$SHARDPRESS_REPORTS/shards.txt
    find "$SHARDPRESS_LIBRARY" -mindepth 1 -maxdepth 1 -type d ! -name '.*' | sed 's|.*/||' | sort >"$SHARDPRESS_LIST"
    SHARDPRESS_TASKS=$(grep -c . "$SHARDPRESS_LIST") || {
        echo "submit.sh: $SHARDPRESS_LIBRARY has no folders" >&2
        exit 2
    }
    ;;
*[!0-9]* | 0*)
    echo "$usage" >&2
    exit 2
    ;;
*)
    SHARDPRESS_SLICES=$1 SHARDPRESS_TASKS=$1
    shift
    ;;
esac
[ "${1:-}" != -- ] || shift
export SHARDPRESS_LIBRARY SHARDPRESS_REPORTS SHARDPRESS_SLICES SHARDPRESS_LIST SHARDPRESS_TASKS

array=$(sbatch --parsable --array="1-$SHARDPRESS_TASKS" --output="$SHARDPRESS_REPORTS/%a.log" "$here/shardpress.sbatch" "$@")
# Also when some tasks failed: what they did belongs into the report, and what is missing is named.
merge=$(sbatch --parsable --dependency="afterany:$array" --output="$SHARDPRESS_REPORTS/merge.log" "$here/merge.sbatch")
echo "$array $merge"
