// Any of Node's modules: what node_modules.ts has for it, and for every other name a function that skips the test when
// it is called.
const known = require("./node_modules.ts");
const { missing } = require("./missing.ts");
const others = new Proxy({}, {
  get: (_target, name) => typeof name === "string" ? missing(`Node's ${name}`) : undefined,
});
module.exports = Object.assign(Object.create(others), known.default, known);
