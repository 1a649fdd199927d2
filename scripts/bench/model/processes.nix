# Any number of web applications, in the shapes that the benchmark compares. The programs only sleep: what is measured is
# what happens around them.
{ pkgs ? import <nixpkgs> { inherit system; }
, system ? builtins.currentSystem
, stateDir ? "/var"
, runtimeDir ? "${stateDir}/run"
, logDir ? "${stateDir}/log"
, tmpDir ? (if stateDir == "/var" then "/tmp" else "${stateDir}/tmp")
, forceDisableUserChange ? false
, processManager
, count
  # What the names of the instances begin with
, prefix ? "webapp"
  # "flat": nothing depends on anything; "proxy": one process on all; "chain": each on the one before
, shape ? "flat"
  # Part of every process: with another salt nothing has been generated before
, salt ? ""
  # Part of the first process alone
, change ? ""
  # Import the package file for each instance rather than once
, importEach ? false
  # A path: import its package set for each instance, and read all of it
, packageSet ? null
  # What makes a process. Default: the framework
, createManagedProcess ?
    import ../../../../nix-processmgmt/nixproc/create-managed-process/universal/create-managed-process-universal.nix {
      inherit pkgs stateDir runtimeDir logDir tmpDir forceDisableUserChange processManager;
    }
}:

let
  inherit (builtins) attrValues genList listToAttrs toString;

  constructors = import ./constructors.nix {
    inherit pkgs stateDir tmpDir createManagedProcess importEach packageSet;
  };

  webapps = listToAttrs (genList
    (index: rec {
      name = "${prefix}${toString (index + 1)}";
      value = rec {
        port = 5000 + index;
        dnsName = "${name}.local";
        pkg = constructors.webapp {
          inherit port salt;
          instanceName = name;
          change = if index == 0 then change else "";
          dependencies = if shape == "chain" && index > 0 then [ webapps."${prefix}${toString index}".pkg ] else [ ];
        };
      };
    })
    count);

  proxy = {
    port = 80;
    pkg = constructors.proxy { inherit salt; webapps = attrValues webapps; };
  };
in
webapps // (if shape == "proxy" then { inherit proxy; } else { })
