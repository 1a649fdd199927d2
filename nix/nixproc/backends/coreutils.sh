# How all scripts run the coreutils. Reads nixproc_coreutils, the directory of the coreutils' programs; where it is empty, PATH
# finds them.

# nixproc_tool NAME ARGUMENT…: runs one of the coreutils, whatever PATH the process is to have.
nixproc_tool() {
    nixproc_tool_name=$1
    shift
    "${nixproc_coreutils:+$nixproc_coreutils/}$nixproc_tool_name" "$@"
}
