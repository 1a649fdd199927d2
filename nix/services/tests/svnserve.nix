{ pkgs, testService, processManagers, profiles }:

testService {
  name = "svnserve";
  exprFile = ./svnserve-processes.nix;
  inherit processManagers profiles;
  systemPackages = [ pkgs.subversion ];
  readiness = { instance, ... }: "machine.wait_for_open_port(${toString instance.port})\n";
  tests = { instance, instanceName, ... }: ''
    machine.succeed("svnadmin create ${instance.svnBaseDir}/${instanceName}")
    machine.succeed("svn mkdir --message first file://${instance.svnBaseDir}/${instanceName}/trunk")
    assert machine.succeed("svn list svn://127.0.0.1:${toString instance.port}/${instanceName}").strip() == "trunk/"
  '';
}
