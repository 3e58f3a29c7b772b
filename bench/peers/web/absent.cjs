// Stands for packages that embedding-atlas' EmbeddingView imports and does not use: Mosaic's, for views over databases.
// Any name gives an empty class.
module.exports = Object.create(new Proxy({}, { get: (_, name) => (name === '__esModule' ? undefined : class {}) }));
