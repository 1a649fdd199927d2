{ createManagedProcess, lib, writeTextFile, tomcat, jre, stateDir, logDir, forceDisableUserChange, ownedDirectory }:

# webapps: directories or .war files by their path in URLs, "" for the root
# javaOptions: for the virtual machine, such as "-Xmx512m"
{ httpPort ? 8080
, listenAddress ? "127.0.0.1"
, webapps ? { }
, javaOptions ? ""
, instanceSuffix ? ""
, instanceName ? "tomcat${instanceSuffix}"
}:

let
  owner = instanceName;
  base = "${stateDir}/${instanceName}";

  contexts = lib.concatStrings (lib.mapAttrsToList
    (path: files: ''<Context path="${if path == "" then "" else "/${path}"}" docBase="${files}" />'')
    webapps);

  # Without the port that ends it on a word: its process manager does that.
  serverFile = writeTextFile {
    name = "server.xml";
    text = ''
      <?xml version="1.0" encoding="UTF-8"?>
      <Server port="-1">
        <Service name="Catalina">
          <Connector address="${listenAddress}" port="${toString httpPort}" protocol="HTTP/1.1" />
          <Engine name="Catalina" defaultHost="localhost">
            <Host name="localhost" appBase="webapps">${contexts}</Host>
          </Engine>
        </Service>
      </Server>
    '';
  };
in
createManagedProcess {
  inherit instanceName;
  description = "Apache Tomcat";
  user = owner;
  initialize = ''
    ${lib.concatMapStrings (path: ownedDirectory { inherit path owner; })
      [ base "${base}/conf" "${base}/webapps" "${base}/work" "${base}/temp" "${logDir}/${instanceName}" ]}
    ln -sfn ${logDir}/${instanceName} ${base}/logs
    for file in ${tomcat}/conf/*
    do
      ln -sfn "$file" ${base}/conf/
    done
    ln -sfn ${serverFile} ${base}/conf/server.xml
  '';
  foregroundProcess = "${tomcat}/bin/catalina.sh";
  args = [ "run" ];
  environment = {
    JRE_HOME = jre;
    CATALINA_HOME = tomcat;
    CATALINA_BASE = base;
    CATALINA_TMPDIR = "${base}/temp";
    JAVA_OPTS = javaOptions;
  };
  credentials = {
    groups.${owner} = { };
    users.${owner} = {
      group = owner;
      homeDir = base;
      description = "Tomcat ${instanceName}";
    };
  };
}
