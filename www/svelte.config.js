export default {
  compilerOptions: {
    runes: true,
    // Templates are built node by node, never through innerHTML: no Trusted Types policy of Svelte's is needed.
    fragments: "tree",
  },
};
