{ createManagedProcess, lib, writeTextFile, xinetd, runtimeDir }:

# listenAddress: of services without a `bind`
# services: attribute sets by name, with the attributes of xinetd.conf(5): { port = 7001; server = "…"; … }; lists have a
# space between their elements
{ services
, listenAddress ? "127.0.0.1"
, instanceSuffix ? ""
, instanceName ? "xinetd${instanceSuffix}"
}:

let
  valueOf = value: if builtins.isList value then lib.concatMapStringsSep " " toString value else toString value;

  configFile = writeTextFile {
    name = "${instanceName}.conf";
    text = "defaults\n{\n  bind = ${listenAddress}\n}\n" + lib.concatStrings (lib.mapAttrsToList
      (name: attributes: ''
        service ${name}
        {
        ${lib.concatStrings (lib.mapAttrsToList (attribute: value: "  ${attribute} = ${valueOf value}\n") attributes)}
        }
      '')
      services);
  };
in
createManagedProcess {
  inherit instanceName;
  description = "Starts servers when somebody connects";
  process = "${xinetd}/bin/xinetd";
  args = [ "-f" configFile "-pidfile" "${runtimeDir}/${instanceName}.pid" "-stayalive" ];
  foregroundProcessExtraArgs = [ "-dontfork" ];
}
