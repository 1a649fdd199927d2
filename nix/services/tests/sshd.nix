{ pkgs, testService, processManagers, profiles }:

testService {
  name = "sshd";
  exprFile = ./sshd-processes.nix;
  inherit processManagers profiles;
  systemPackages = [ pkgs.openssh ];
  readiness = { instance, ... }: "machine.wait_for_open_port(${toString instance.port})\n";
  initialTests = { forceDisableUserChange, ... }:
    let
      user = if forceDisableUserChange then "unprivileged" else "root";
    in
    ''
      as_user = "su ${user} -s /bin/sh -c"
      machine.succeed(as_user + " 'mkdir -p -m 700 ~/.ssh && ssh-keygen -q -t ed25519 -N \"\" -f ~/.ssh/id_ed25519'")
      machine.succeed(as_user + " 'cp ~/.ssh/id_ed25519.pub ~/.ssh/authorized_keys'")
    '';
  # A container has no users' home directories, and so no keys.
  tests = { instance, processManager, ... }:
    if processManager == "docker" then ''
      machine.succeed("ssh-keyscan -p ${toString instance.port} localhost | grep ssh-ed25519")
    '' else ''
      options = "-o BatchMode=yes -o StrictHostKeyChecking=no -p ${toString instance.port}"
      assert machine.succeed(as_user + f" 'ssh {options} localhost echo arrived'").strip() == "arrived"
    '';
}
