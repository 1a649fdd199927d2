cd /mnt/c; nix-env --version; d=$(mktemp -d); cp -r fixtures $d; 
for m in sysvinit supervisord systemd s6-rc docker disnix bsdrc launchd cygrunsrv synit; do node bin/nix-processmgmt-ts build --process-manager $m --host-packages $d/fixtures/webapps/processes.nix; echo $m $?; done
