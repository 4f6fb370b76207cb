/** Certificates for tests, made by openssl when they are asked for: nothing that ends one day is kept in the repository. */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { tool } from "./tools.ts";

export interface Made {
  readonly cert: string;
  readonly key: string;
}

/** Makes certificates in a folder. Elliptic curves: RSA keys take seconds. */
export class Certificates {
  readonly folder: string;
  #ca: Made | null = null;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The authority that has signed all others: clients trust it. */
  get ca(): Made {
    this.#ca ??= this.#make("ca", ["-x509", "-days", "30", "-subj", "/CN=Test authority"]);
    return this.#ca;
  }

  /** A certificate for `names`, in NAME.pem and NAME.key. `days` may be negative: it has ended then. */
  make(
    name: string,
    names: readonly string[],
    { days = 30, subject = `/CN=${names[0] ?? name}`, keyType = P_256 } = {},
  ): Made {
    const { ca } = this;
    const made = this.#make(name, ["-subj", subject], `${name}.csr`, keyType);
    const extensions = join(this.folder, `${name}.ext`);
    const all = names.map((each) => (/^[\d.]+$/.test(each) ? `IP:${each}` : `DNS:${each}`)).join(",");
    writeFileSync(extensions, all === "" ? "" : `subjectAltName=${all}\n`);
    const request = join(this.folder, `${name}.csr`);
    const signer = ["-CA", ca.cert, "-CAkey", ca.key, "-CAcreateserial", "-days", String(days)];
    openssl(["x509", "-req", "-in", request, ...signer, "-extfile", extensions, "-out", made.cert]);
    return made;
  }

  /** The same key, encrypted. */
  encrypt({ key }: Made, passphrase: string): string {
    const path = `${key}.encrypted`;
    openssl(["pkcs8", "-topk8", "-in", key, "-out", path, "-passout", `pass:${passphrase}`]);
    return path;
  }

  // --- internal ---

  #make(name: string, rest: readonly string[], output = `${name}.pem`, keyType = P_256): Made {
    const key = join(this.folder, `${name}.key`);
    openssl(["req", "-newkey", ...keyType, "-nodes", "-keyout", key, "-out", join(this.folder, output), ...rest]);
    return { key, cert: join(this.folder, `${name}.pem`) };
  }
}

const P_256: readonly string[] = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];

function openssl(args: readonly string[]): void {
  execFileSync(tool("openssl"), args, { stdio: "pipe" });
}
