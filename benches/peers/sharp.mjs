// The job by sharp (libvips) on Node.js, as many pictures at once as there are cores.
//
//     node sharp.mjs FOLDER TARGET
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import sharp from "sharp";

const [folder, target] = [process.argv[2], Number(process.argv[3])];
const endings = new Set([".png", ".jpg", ".jpeg", ".webp", ".bmp"]);
sharp.cache(false);
sharp.concurrency(1);

const files = (await fs.readdir(folder)).filter((name) => endings.has(path.extname(name).toLowerCase())).sort();
let next = 0;
let failed = 0;

async function shrink(file) {
    const { width, height, hasAlpha } = await sharp(file).metadata();
    const longest = Math.max(width, height);
    if (longest <= target && path.extname(file).toLowerCase() !== ".png") return;
    let image = sharp(file, { sequentialRead: true });
    if (hasAlpha) image = image.flatten({ background: { r: 114, g: 114, b: 114 } });
    if (longest > target) image = image.resize({ width: target, height: target, fit: "inside", kernel: "lanczos3" });
    const encoded = await image.toColourspace("srgb").jpeg({ quality: 95, chromaSubsampling: "4:4:4", optimiseCoding: true }).toBuffer();
    const final = file.slice(0, -path.extname(file).length) + ".jpg";
    await fs.writeFile(final + ".tmp", encoded);
    await fs.rename(final + ".tmp", final);
    if (final !== file) await fs.unlink(file);
}

async function worker() {
    while (next < files.length) {
        const file = path.join(folder, files[next++]);
        try {
            await shrink(file);
        } catch (error) {
            failed++;
            console.error(`${file}: ${error.message}`);
        }
    }
}

await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
process.exitCode = failed ? 1 : 0;
