# Builds the manifest by which Disnix activates a generation's processes on this machine, from a document that
# src/backends/disnix/manifest-document.ts describes. Each process becomes a component of its own, whose path depends on
# the process alone: Disnix leaves alone what is in the manifest before and after.
{ documentFile }:

let
  inherit (builtins) appendContext attrValues concatStringsSep currentSystem fromJSON hashString listToAttrs map
    readFile replaceStrings toFile unsafeDiscardStringContext;

  document = fromJSON (readFile documentFile);
  target = "localhost";
  container = "process";

  # A text that lost its context would lose its references.
  withReferences = references: text:
    appendContext text (listToAttrs (map (path: { name = path; value = { path = true; }; }) references));

  build = name: script: attributes: derivation ({
    inherit name;
    system = currentSystem;
    builder = withReferences document.shellReferences document.shell;
    PATH = withReferences document.coreutilsReferences "${document.coreutils}/bin";
    args = [ "-ec" script ];
    allowSubstitutes = false;
    preferLocalBuild = true;
  } // attributes);

  # What Dysnomia's module for processes reads, and the program that it runs.
  component = process: build "process" ''
    mkdir -p "$out/bin" "$out/etc/dysnomia/process"
    cp "$script" "$out/bin/$process"
    chmod 555 "$out/bin/$process"
    printf 'process=%s\n%s' "$out/bin/$process" "$specification" >"$out/etc/dysnomia/process/$process"
    exit 0
  '' {
    process = process.name;
    inherit (process) specification;
    script = toFile "script" (withReferences process.references process.script);
  };

  # The identity of a service for Disnix holds those of its dependencies: when one changes, Disnix stops who depends on it
  # first, and starts them again only if they are other services than before.
  services = listToAttrs (map
    (process: rec {
      inherit (process) name;
      value = rec {
        inherit (process) name;
        path = "${component process}";
        dependencies = map (dependency: services.${dependency}.key) process.dependencies;
        key = hashString "sha256" (concatStringsSep " " ([ process.name (unsafeDiscardStringContext path) ] ++ dependencies));
      };
    })
    document.processes);

  escape = replaceStrings [ "&" "<" ">" "\"" ] [ "&amp;" "&lt;" "&gt;" "&quot;" ];
  element = name: text: "<${name}>${escape text}</${name}>";
  list = name: items: "<${name}>${concatStringsSep "" items}</${name}>";

  mapping = key: list "mapping" [ (element "container" container) (element "service" key) (element "target" target) ];

  service = service: ''
    <service name="${service.key}">
    ${element "name" service.name}${element "pkg" service.path}${element "type" "process"}
    ${list "dependsOn" (map mapping service.dependencies)}${list "connectsTo" [ ]}${list "providesContainers" [ ]}
    </service>
  '';

  manifest = ''
    <?xml version="1.0" encoding="UTF-8"?>
    <manifest version="2">
    <profiles><profile name="${target}">${escape document.profile}</profile></profiles>
    ${list "services" (map service (attrValues services))}
    <infrastructure><target name="${target}">
    <properties type="attrs"><property name="hostname" type="string">${target}</property></properties>
    <containers><container name="${container}" type="attrs"></container></containers>
    ${element "system" currentSystem}${element "numOfCores" "1"}
    ${element "clientInterface" document.clientInterface}${element "targetProperty" "hostname"}
    </target></infrastructure>
    ${list "serviceMappings" (map (service: mapping service.key) (attrValues services))}
    <snapshotMappings></snapshotMappings>
    </manifest>
  '';
in
build "disnix-manifest.xml" ''cp "$manifestPath" "$out"; exit 0'' { inherit manifest; passAsFile = [ "manifest" ]; }
