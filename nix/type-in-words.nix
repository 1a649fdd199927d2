# The type of a value as a sentence names it, with its article.
value:

let
  type = builtins.typeOf value;
in
{
  bool = "a boolean";
  int = "an integer";
  lambda = "a function";
  set = "an attribute set";
}.${type} or (if type == "null" then "null" else "a ${type}")
