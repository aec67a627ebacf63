/** The package names a CommonJS file as its main one and calls itself an ES module: only this path can be imported. */
declare module 'wgsl_reflect/wgsl_reflect.module.js' {
  export * from 'wgsl_reflect'
}
