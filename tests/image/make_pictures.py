"""make_pictures.py FOLDER: picture files of every format and depth, and what is to be seen in them.

Writes FOLDER/NAME for every file, FOLDER/NAME.npy with the right pixels (uint8 [C, H, W], over white, upright), and
FOLDER/list.txt with a line per file: its name, the largest difference allowed, and how many notes reading it gives.
The right pixels come from the array that the file was made of, and are compared with what Pillow reads, where Pillow
can. Only files with losses (JPEG, WebP) have Pillow's pixels as the right ones.
"""
import io
import struct
import sys
import warnings
import zlib

import numpy as np
from PIL import Image, ImageOps

warnings.simplefilter("ignore")
folder = sys.argv[1]
HEIGHT, WIDTH = 6, 11
lines = []


def rounded(values):
    return np.floor(values + 0.5).astype(np.uint8)


def over_white(levels, alpha):
    """Levels [H, W] or [H, W, C] and opacity [H, W], both in [0, 1], as bytes."""
    alpha = alpha if levels.ndim == 2 else alpha[..., None]
    return rounded(255 * (levels * alpha + 1 - alpha))


def seen(stored, orientation):
    """What a viewer shows of stored pixels (EXIF 2.3, tag 274: where the 0th row and the 0th column are)."""
    rows, columns = stored.shape[:2]
    result = np.zeros((columns, rows) + stored.shape[2:] if orientation > 4 else stored.shape, stored.dtype)
    for y in range(rows):
        for x in range(columns):
            down, right = rows - 1 - y, columns - 1 - x
            place = {1: (y, x), 2: (y, right), 3: (down, right), 4: (down, x),
                     5: (x, y), 6: (x, down), 7: (right, down), 8: (right, y)}[orientation]
            result[place] = stored[y, x]
    return result


def planes(pixels):
    return np.ascontiguousarray(pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1))


def pillows_rgba(data):
    """What Pillow reads: upright, RGBA as bytes; None for 16 bits of grey."""
    picture = Image.open(io.BytesIO(data))
    if getattr(picture, "n_frames", 1) > 1:
        picture.seek(0)
    picture.load()
    # Pillow turns TIFF files while it loads them.
    turned = picture if picture.format == "TIFF" else ImageOps.exif_transpose(picture) or picture
    return None if turned.mode.startswith("I") else turned.convert("RGBA")


def pillows(data):
    """What Pillow reads: upright, over white, as bytes; in colour."""
    colours = pillows_rgba(data)
    if colours is None:
        picture = Image.open(io.BytesIO(data))
        turned = ImageOps.exif_transpose(picture) or picture
        return np.repeat(rounded(np.asarray(turned).astype(np.float64) / 257)[..., None], 3, 2)
    return np.asarray(Image.alpha_composite(Image.new("RGBA", colours.size, "white"), colours))[..., :3]


def add(name, data, right=None, tolerance=0, notes=0, pillow=1, grey=False):
    """`pillow`: how far Pillow's pixels may be from the right ones; None: it does not read the file as it should."""
    if right is None:
        right = pillows(data)
        right = right[..., 0] if grey else right
    elif pillow is not None:
        theirs = pillows(data).astype(int)
        ours = (right if right.ndim == 3 else np.repeat(right[..., None], 3, 2)).astype(int)
        assert theirs.shape == ours.shape, (name, theirs.shape, ours.shape)
        assert abs(theirs - ours).max() <= pillow, (name, abs(theirs - ours).max())
    with open(f"{folder}/{name}", "wb") as file:
        file.write(data)
    np.save(f"{folder}/{name}.npy", planes(right))
    # Where Pillow reads opacity, too.
    rgba = pillows_rgba(data) if pillow is not None else None
    if rgba is not None and np.asarray(rgba)[..., 3].min() < 255:
        np.save(f"{folder}/{name}.rgba.npy", planes(np.asarray(rgba)))
    lines.append(f"{name} {tolerance} {notes}\n")


def saved(picture, kind, **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def png(samples, depth, colour_type, chunks=()):
    """Samples [H, W, C] as a PNG file; chunks: (name, data) before the pixels."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    rows = b""
    for row in samples.reshape(samples.shape[0], -1):
        bits = "".join(format(int(v), f"0{depth}b") for v in row)
        bits += "0" * (-len(bits) % 8)
        rows += b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")
    header = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], depth, colour_type, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunk(*c) for c in chunks)
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def tiff(samples, bits, photometric, extra=None, colours=None, more=b""):
    """Samples [H, W, C] as a little-endian TIFF file of one strip."""
    rows = b""
    for row in samples.reshape(samples.shape[0], -1):
        if bits == 16:
            rows += row.astype("<u2").tobytes()
            continue
        text = "".join(format(int(v), f"0{bits}b") for v in row)
        text += "0" * (-len(text) % 8)
        rows += int(text, 2).to_bytes(len(text) // 8, "big")
    channels = samples.shape[2]
    tags = [(256, 4, [samples.shape[1]]), (257, 4, [samples.shape[0]]), (258, 3, [bits] * channels), (259, 3, [1]),
            (262, 3, [photometric]), (273, 4, [None]), (277, 3, [channels]), (278, 4, [samples.shape[0]]),
            (279, 4, [len(rows)])]
    if colours is not None:
        tags.append((320, 3, list(colours)))
    if extra is not None:
        tags.append((338, 3, [extra]))
    behind_at = 8 + 2 + 12 * len(tags) + 4
    behind = b""
    data_at = behind_at + sum(len(v) * (2 if t == 3 else 4) for _, t, v in tags if len(v) * (2 if t == 3 else 4) > 4)
    entries = b""
    for number, kind, values in tags:
        values = [data_at if v is None else v for v in values]
        data = struct.pack("<" + ("H" if kind == 3 else "I") * len(values), *values)
        if len(data) > 4:
            behind, data = behind + data, struct.pack("<I", behind_at + len(behind))
        entries += struct.pack("<HHI", number, kind, len(values)) + data.ljust(4, b"\0")
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 0) + behind + rows


def bmp16(samples, masks=None):
    """Samples [H, W] of 16 bits."""
    header = struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT, 1, 16, 3 if masks else 0, 0, 0, 0, 0, 0)
    header += struct.pack("<III", *masks) if masks else b""
    rows = b"".join(row.astype("<u2").tobytes().ljust((WIDTH * 2 + 3) // 4 * 4, b"\0") for row in samples[::-1])
    at = 14 + len(header)
    return b"BM" + struct.pack("<IHHI", at + len(rows), 0, 0, at) + header + rows


random = np.random.default_rng(0)
GREY = random.integers(0, 256, (HEIGHT, WIDTH), np.uint8)
RGB = random.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
ALPHA = random.integers(0, 256, (HEIGHT, WIDTH), np.uint8)
ALPHA[0, :2] = 0, 255
RGBA = np.dstack([RGB, ALPHA])
GREY16 = random.integers(0, 65536, (HEIGHT, WIDTH), np.uint16)
RGB16 = random.integers(0, 65536, (HEIGHT, WIDTH, 3), np.uint16)
ALPHA16 = random.integers(0, 65536, (HEIGHT, WIDTH), np.uint16)
RGBA_SEEN = over_white(RGB / 255, ALPHA / 255)
LA_SEEN = over_white(GREY / 255, ALPHA / 255)
PALETTE = random.integers(0, 256, (256, 3), np.uint8)
SMOOTH = np.stack([np.add.outer(np.arange(24) * a, np.arange(40) * b) for a, b in ((4, 3), (2, 5), (6, 1))], 2)
SMOOTH = np.minimum(SMOOTH, 255).astype(np.uint8)


def paletted(bits):
    indices = random.integers(0, 1 << bits, (HEIGHT, WIDTH), np.uint8)
    indices[0, :2] = 0, (1 << bits) - 1
    picture = Image.fromarray(indices, "P")
    picture.putpalette(PALETTE[: 1 << bits].tobytes())
    return indices, picture


# Grey, colour and palettes of all depths.
for bits in (1, 2, 4, 8):
    few = random.integers(0, 1 << bits, (HEIGHT, WIDTH), np.uint8)
    levels = rounded(few / ((1 << bits) - 1) * 255)
    add(f"grey-{bits}.png", png(few[..., None], bits, 0), levels)
    add(f"grey-{bits}.tif", tiff(few[..., None], bits, 1), levels)
    clear = struct.pack(">H", int(few[0, 0]))
    add(f"grey-{bits}-transparent.png", png(few[..., None], bits, 0, [(b"tRNS", clear)]),
        np.where(few == few[0, 0], 255, levels).astype(np.uint8), pillow=None)
    indices, picture = paletted(bits)
    colours = PALETTE[indices]
    add(f"palette-{bits}.png", png(indices[..., None], bits, 3, [(b"PLTE", PALETTE[: 1 << bits].tobytes())]), colours)
    opacity = random.integers(0, 256, 1 << bits, np.uint8)
    add(f"palette-{bits}-transparent.png",
        png(indices[..., None], bits, 3, [(b"PLTE", PALETTE[: 1 << bits].tobytes()), (b"tRNS", opacity.tobytes())]),
        over_white(colours / 255, opacity[indices] / 255), pillow=1)
    for factor in (256, 257):
        flat = PALETTE[: 1 << bits].T.astype(int).reshape(-1) * factor
        add(f"palette-{bits}-by-{factor}.tif", tiff(indices[..., None], bits, 3, colours=flat), colours,
            pillow=0 if bits == 8 else None)
add("grey.bmp", saved(Image.fromarray(GREY), "BMP"), GREY)
add("bits.bmp", saved(Image.fromarray(GREY > 99), "BMP"), ((GREY > 99) * 255).astype(np.uint8))
indices, picture = paletted(8)
for kind, ending in (("BMP", "bmp"), ("TIFF", "tif"), ("GIF", "gif")):
    add(f"palette.{ending}", saved(picture, kind), PALETTE[indices])
for kind, ending in (("PNG", "png"), ("BMP", "bmp"), ("TIFF", "tif"), ("PPM", "ppm")):
    add(f"rgb.{ending}", saved(Image.fromarray(RGB), kind), RGB)
for compression in ("tiff_lzw", "tiff_deflate", "packbits"):
    add(f"{compression}.tif", saved(Image.fromarray(RGB), "TIFF", compression=compression), RGB)
for kind, ending in (("PNG", "png"), ("TIFF", "tif"), ("PPM", "pgm")):
    add(f"grey.{ending}", saved(Image.fromarray(GREY), kind), GREY)
add("bits.pbm", saved(Image.fromarray(GREY > 99), "PPM"), ((GREY > 99) * 255).astype(np.uint8))
add("rgb-transparent.png", png(RGB, 8, 2, [(b"tRNS", struct.pack(">HHH", *RGB[0, 0]))]),
    np.where((RGB == RGB[0, 0]).all(2)[..., None], 255, RGB).astype(np.uint8))

# BMP palettes of fewer bits, and opacity in the header of version 4.
for bits in (1, 4):
    indices, picture = paletted(bits)
    rows = b""
    for row in indices[::-1]:
        text = "".join(format(int(v), f"0{bits}b") for v in row)
        text += "0" * (-len(text) % 32)
        rows += int(text, 2).to_bytes(len(text) // 8, "big")
    colours = b"".join(bytes(c[::-1]) + b"\0" for c in PALETTE[: 1 << bits])
    header = struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT, 1, bits, 0, 0, 0, 0, 0, 0)
    at = 54 + len(colours)
    add(f"palette-{bits}.bmp",
        b"BM" + struct.pack("<IHHI", at + len(rows), 0, 0, at) + header + colours + rows, PALETTE[indices])
masks = (0xff0000, 0xff00, 0xff, 0xff000000)
header = struct.pack("<IiiHHIIiiIIIIII", 108, WIDTH, HEIGHT, 1, 32, 3, 0, 0, 0, 0, 0, *masks)
add("rgba.bmp", b"BM" + struct.pack("<IHHI", 122 + RGBA.size, 0, 0, 122) + header.ljust(108, b"\0")
    + RGBA[::-1, :, [2, 1, 0, 3]].tobytes(), RGBA_SEEN, pillow=None)

# Netpbm in text.
add("text.pbm", (f"P1\n{WIDTH} {HEIGHT}\n" + " ".join(str(v) for v in (GREY > 99).astype(int).reshape(-1))).encode(),
    ((GREY <= 99) * 255).astype(np.uint8))
add("text.pgm", (f"P2\n{WIDTH} {HEIGHT}\n255\n" + " ".join(str(v) for v in GREY.reshape(-1))).encode() + b"\n", GREY)
add("text.ppm", (f"P3\n{WIDTH} {HEIGHT}\n255\n" + " ".join(str(v) for v in RGB.reshape(-1))).encode() + b"\n", RGB)

# 16 bits per pixel of a BMP file. Pillow rounds down.
five = random.integers(0, 32, (HEIGHT, WIDTH, 3))
five[0, 0] = 31
add("555.bmp", bmp16(five[..., 0] << 10 | five[..., 1] << 5 | five[..., 2]), rounded(five / 31 * 255))
six = np.array([31, 63, 31])
parts = random.integers(0, 32, (HEIGHT, WIDTH, 3)) * [1, 2, 1]
parts[0, 0] = six
add("565.bmp", bmp16(parts[..., 0] << 11 | parts[..., 1] << 5 | parts[..., 2], (0xf800, 0x7e0, 0x1f)),
    rounded(parts / six * 255))

# 16 bits become the nearest of 8. Pillow cuts colours off.
add("grey-16.png", png(GREY16[..., None], 16, 0), rounded(GREY16 / 257))
add("grey-16.tif", tiff(GREY16[..., None], 16, 1), rounded(GREY16 / 257))
add("rgb-16.png", png(RGB16, 16, 2), rounded(RGB16 / 257), pillow=1)
add("rgb-16.tif", tiff(RGB16, 16, 2), rounded(RGB16 / 257), pillow=None)
for name, values in (("grey", GREY16[..., None]), ("rgb", RGB16)):
    magic = b"P5" if name == "grey" else b"P6"
    add(f"{name}-16.{'pgm' if name == 'grey' else 'ppm'}",
        magic + f"\n{WIDTH} {HEIGHT}\n65535\n".encode() + values.astype(">u2").tobytes(),
        rounded(values.squeeze() / 257), pillow=1 if name == "grey" else None)
add("rgba-16.png", png(np.dstack([RGB16, ALPHA16]), 16, 6), over_white(RGB16 / 65535, ALPHA16 / 65535), 1, pillow=2)
add("la-16.png", png(np.dstack([GREY16, ALPHA16]), 16, 4), over_white(GREY16 / 65535, ALPHA16 / 65535), 1, pillow=2)

# 8 to 12 bits in 16: the bits that the largest sample needs.
for largest, white in ((40, 255), (255, 255), (256, 511), (1000, 1023), (2048, 4095), (4095, 4095)):
    dark = (GREY16 % (largest + 1)).astype(np.uint16)
    dark[0, 0] = largest
    right = rounded(dark / white * 255)
    add(f"largest-{largest}.png", png(dark[..., None], 16, 0), right, notes=1, pillow=None)
    add(f"largest-{largest}.tif", tiff(dark[..., None], 16, 1), right, notes=1, pillow=None)
    add(f"largest-{largest}.pgm", f"P5\n{WIDTH} {HEIGHT}\n65535\n".encode() + dark.astype(">u2").tobytes(), right,
        notes=1, pillow=None)
    colour = np.dstack([dark, dark // 2, dark // 3])
    add(f"largest-{largest}-rgb.png", png(colour, 16, 2), rounded(colour / white * 255), notes=1, pillow=None)
for largest in (0, 4096, 20000):
    dark = (GREY16 % (largest + 1)).astype(np.uint16)
    dark[0, 0] = largest
    add(f"largest-{largest}.png", png(dark[..., None], 16, 0), rounded(dark / 257))
dark = (RGB16 % 4096).astype(np.uint16)
add("dark-rgba-16.png", png(np.dstack([dark, ALPHA16]), 16, 6), over_white(dark / 65535, ALPHA16 / 65535), 1, pillow=2)

# Alpha.
add("rgba.png", saved(Image.fromarray(RGBA), "PNG"), RGBA_SEEN)
add("la.png", saved(Image.fromarray(np.dstack([GREY, ALPHA]), "LA"), "PNG"), LA_SEEN)
add("rgba.tif", saved(Image.fromarray(RGBA), "TIFF"), RGBA_SEEN)
add("la.tif", saved(Image.fromarray(np.dstack([GREY, ALPHA]), "LA"), "TIFF"), LA_SEEN)
add("rgba-16.tif", tiff(np.dstack([RGB16, ALPHA16]), 16, 2, extra=2),
    over_white(RGB16 / 65535, ALPHA16 / 65535), 1, pillow=None)
add("rgba.webp", saved(Image.fromarray(RGBA), "WEBP", lossless=True, exact=True), RGBA_SEEN)
add("rgb.webp", saved(Image.fromarray(RGB), "WEBP", lossless=True), RGB)
for name, depth, largest, values in (("rgba", 4, 255, RGBA), ("la", 2, 255, np.dstack([GREY, ALPHA]))):
    kind = "RGB_ALPHA" if depth == 4 else "GRAYSCALE_ALPHA"
    header = f"P7\nWIDTH {WIDTH}\nHEIGHT {HEIGHT}\nDEPTH {depth}\nMAXVAL {largest}\nTUPLTYPE {kind}\nENDHDR\n"
    add(f"{name}.pam", header.encode() + values.tobytes(), RGBA_SEEN if depth == 4 else LA_SEEN, pillow=None)

# Losses.
smooth = Image.fromarray(SMOOTH)
for sampling in (0, 1, 2):
    add(f"sampling-{sampling}.jpg", saved(smooth, "JPEG", quality=90, subsampling=sampling), tolerance=2)
add("progressive.jpg", saved(smooth, "JPEG", quality=90, progressive=True), tolerance=2)
add("grey.jpg", saved(smooth.convert("L"), "JPEG", quality=90), tolerance=2, grey=True)
add("cmyk.jpg", saved(smooth.convert("CMYK"), "JPEG", quality=95), tolerance=3)
add("lossy.webp", saved(smooth, "WEBP", quality=90), tolerance=2)
soft = smooth.copy()
soft.putalpha(Image.fromarray(SMOOTH[..., 0]))
add("lossy-alpha.webp", saved(soft, "WEBP", quality=90), tolerance=2)


# The eight orientations, with and without alpha.
def exif(orientation):
    tags = Image.Exif()
    tags[274] = orientation
    return tags.tobytes()


for orientation in range(1, 9):
    tags = exif(orientation)
    stored = dict(exif=tags)
    add(f"orientation-{orientation}.jpg", saved(smooth, "JPEG", quality=95, **stored), tolerance=2)
    add(f"orientation-{orientation}.png", saved(Image.fromarray(RGB), "PNG", **stored), seen(RGB, orientation))
    add(f"orientation-{orientation}-grey.png", saved(Image.fromarray(GREY), "PNG", **stored), seen(GREY, orientation))
    add(f"orientation-{orientation}-alpha.png", saved(Image.fromarray(RGBA), "PNG", **stored),
        seen(RGBA_SEEN, orientation))
    add(f"orientation-{orientation}.webp", saved(Image.fromarray(RGB), "WEBP", lossless=True, **stored),
        seen(RGB, orientation))
    add(f"orientation-{orientation}-alpha.webp",
        saved(Image.fromarray(RGBA), "WEBP", lossless=True, exact=True, **stored), seen(RGBA_SEEN, orientation))
    add(f"orientation-{orientation}.tif", saved(Image.fromarray(RGB), "TIFF", tiffinfo={274: orientation}),
        seen(RGB, orientation))
    add(f"orientation-{orientation}-alpha.tif", saved(Image.fromarray(RGBA), "TIFF", tiffinfo={274: orientation}),
        seen(RGBA_SEEN, orientation))
    add(f"orientation-{orientation}-16.png",
        png(np.dstack([RGB16, ALPHA16]), 16, 6, [(b"eXIf", tags[6:] if tags.startswith(b"Exif") else tags)]),
        seen(over_white(RGB16 / 65535, ALPHA16 / 65535), orientation), 1, pillow=2)
# In the other order of bytes, and with numbers that mean nothing.
big = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 274, 3, 1, 6, 0, 0)
add("big-endian.png", png(RGB, 8, 2, [(b"eXIf", big)]), seen(RGB, 6))
for number in (0, 9):
    small = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 274, 3, 1, number, 0, 0)
    add(f"orientation-{number}.png", png(RGB, 8, 2, [(b"eXIf", small)]), RGB)
add("cut-exif.png", png(RGB, 8, 2, [(b"eXIf", big[:15])]), RGB, pillow=None)

# Animations, and pages: the first is read, and that is noted.
others = [Image.fromarray(255 - RGB), Image.fromarray(RGB[::-1])]
more = dict(save_all=True, append_images=others, duration=100)
add("animated.webp", saved(Image.fromarray(RGB), "WEBP", lossless=True, **more), RGB, notes=1)
add("animated-alpha.webp",
    saved(Image.fromarray(RGBA), "WEBP", lossless=True, exact=True, save_all=True, duration=100,
          append_images=[Image.fromarray(RGBA[::-1])]), RGBA_SEEN, notes=1)
add("animated-lossy-alpha.webp",
    saved(soft, "WEBP", quality=90, save_all=True, duration=100, append_images=[soft.rotate(180)]),
    tolerance=2, notes=1)
add("animated.png", saved(Image.fromarray(RGB), "PNG", **more), RGB, notes=1)
add("pages.tif", saved(Image.fromarray(RGB), "TIFF", save_all=True, append_images=others), RGB, notes=1)
indices, picture = paletted(8)
second = Image.fromarray(indices[::-1].copy(), "P")
second.putpalette(PALETTE.tobytes())
add("animated.gif", saved(picture, "GIF", save_all=True, append_images=[second], duration=100), PALETTE[indices],
    notes=1)
add("interlaced.gif", saved(picture, "GIF", interlace=1), PALETTE[indices])
add("plain.gif", saved(picture, "GIF", interlace=0), PALETTE[indices])
add("transparent.gif", saved(picture, "GIF", transparency=int(indices[2, 3])),
    np.where((indices == indices[2, 3])[..., None], 255, PALETTE[indices]).astype(np.uint8))
add("grey.gif", saved(Image.fromarray(GREY), "GIF"), GREY)

# A picture on a larger screen, behind 6 and below 4 of its pixels, which stay free.
single = saved(Image.fromarray(RGB), "WEBP", lossless=True)
payload = single[12:]
frame = b"".join(v.to_bytes(3, "little") for v in (3, 2, WIDTH - 1, HEIGHT - 1, 100)) + b"\0" + payload
chunks = (b"VP8X" + struct.pack("<IB3x", 10, 0x12) + (19).to_bytes(3, "little") + (14).to_bytes(3, "little")
          + b"ANIM" + struct.pack("<IIH", 6, 0, 0) + b"ANMF" + struct.pack("<I", len(frame)) + frame
          + b"\0" * (len(frame) % 2))
screen = np.full((15, 20, 3), 255, np.uint8)
screen[4:4 + HEIGHT, 6:6 + WIDTH] = RGB
add("on-a-screen.webp", b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks, screen)

with open(f"{folder}/list.txt", "w") as file:
    file.writelines(lines)
