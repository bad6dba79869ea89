// Files that esbuild puts into the bundle as bytes.
declare module '*.ttf' {
  const bytes: Uint8Array<ArrayBuffer>;
  // biome-ignore lint/style/noDefaultExport: that is how esbuild offers them
  export default bytes;
}
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  // biome-ignore lint/style/noDefaultExport: that is how esbuild offers them
  export default bytes;
}
