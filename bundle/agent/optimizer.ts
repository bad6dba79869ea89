// V8's optimizing compilers, which the service is started without (see services.ts): collecting alone
// gains nothing from them, while their own code and what they make are 10 MB of memory.
let isAllowed = false;

/** Lets V8 optimize from now on: for inputs, whose lines and packets come in thousands a second. */
export function allowOptimizing(): void {
  if (isAllowed) return;
  isAllowed = true;
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  setFlagsFromString('--turbofan');
  setFlagsFromString('--maglev');
}
