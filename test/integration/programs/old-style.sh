#!/bin/sh
# How an administrator drives nix-processmgmt: with nothing but its own commands, in the directory of the model.
# $STATE is where state goes, $PARAMS what the model is called with.
set -e

profile=staging
export NIXPROC_STATE_DIR="$STATE"

switch_sysvinit() {
    nixproc-sysvinit-switch -p "$profile" --force-disable-user-change --extra-params "$PARAMS" "$@"
}

case "$1" in
    init)
        nixproc-init-state --force-disable-user-change
        ;;
    assign-ids)
        nixproc-id-assign --id-resources idresources.nix --ids ids.nix --output-file ids.nix processes.nix
        ;;
    deploy)
        switch_sysvinit processes.nix
        ;;
    deploy-prebuilt)
        built=$(nixproc-build -P supervisord --no-out-link --force-disable-user-change --extra-params "$PARAMS" processes.nix)
        nixproc-supervisord-deploy --profile="$profile" "$built"
        ;;
    list)
        switch_sysvinit --list-generations
        ;;
    rollback)
        switch_sysvinit --rollback
        ;;
    generation)
        switch_sysvinit --switch-gen "$2"
        ;;
    status)
        nixproc-sysvinit-runactivity -p "$profile" --reverse status
        ;;
    undeploy)
        switch_sysvinit --undeploy
        ;;
    clean)
        switch_sysvinit --delete-generations old
        ;;
    discard)
        switch_sysvinit --delete-all-generations
        ;;
esac
