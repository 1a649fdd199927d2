# What is told of the instances besides their processes, as a table: attribute sets of lists in the order of the instances'
# names (src/model/model-document.ts). Nothing is asked of one instance that can be asked of all at once.
{ model # as load-model.nix gives it
, readExtras ? true # read the instances' attributes besides pkg
}:

let
  inherit (builtins) all attrNames attrValues catAttrs elem filter isInt length map removeAttrs tryEval unsafeGetAttrPos;

  harmless = import ./harmless.nix;

  instances = attrValues model.instances;

  ofEach = attribute: map (instance: harmless (instance.${attribute} or null)) instances;

  columns = {
    port =
      let
        ports = catAttrs "port" instances;
      in
      if length ports == length instances && (tryEval (all isInt ports)).value then
        ports
      else
        map (port: if isInt port then port else null) (ofEach "port");
    readiness = ofEach "readiness";
    # Whatever else a model means by it: only this is ours.
    critical = map (value: value != false) (ofEach "critical");
    startTimeout = ofEach "startTimeout";
    stopTimeout = ofEach "stopTimeout";
    leftovers = ofEach "leftovers";
  };

  hasNone = attribute: catAttrs attribute instances == [ ];

  found = map (name: unsafeGetAttrPos name model.all) (attrNames model.instances);
  nowhere = { file = null; line = null; column = null; };
  positions = if elem null found then map (place: if place == null then nowhere else place) found else found;
in
(if readExtras then removeAttrs columns (filter hasNone (attrNames columns)) else { }) // {
  position = {
    file = catAttrs "file" positions;
    line = catAttrs "line" positions;
    column = catAttrs "column" positions;
  };
}
