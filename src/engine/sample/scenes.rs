//! Pictures drawn by code: the same seed draws the same picture on every machine, and no two kinds compress alike, so
//! that a sample library is neither all noise nor all flat colour.

/// Linear in memory, row by row: red, green, blue and opacity, each 0 to 1, sRGB-encoded.
pub(super) struct Canvas {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) pixels: Vec<[f32; 4]>,
}

impl Canvas {
    /// Turned by 90° to the left, as a camera held upright stores what it sees.
    pub(super) fn turned_left(&self) -> Self {
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for x in (0..self.width as usize).rev() {
            for y in 0..self.height as usize {
                pixels.push(self.pixels[y * self.width as usize + x]);
            }
        }
        Self {
            width: self.height,
            height: self.width,
            pixels,
        }
    }
}

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scene {
    /// A smooth sweep of colours with a glow in it.
    Gradient,
    /// Ridges of hills under a sky, with a grain on them: the nearest to a photograph.
    Landscape,
    /// Discs with hard edges on a plain ground.
    Shapes,
    /// A board of two colours.
    Checker,
    /// Lines of dark marks on paper, like a page of text.
    Page,
    /// Clouds of colour.
    Clouds,
}

/// Every scene, in the order in which the library uses them.
pub(super) const SCENES: [Scene; 6] = [
    Scene::Landscape,
    Scene::Shapes,
    Scene::Clouds,
    Scene::Page,
    Scene::Gradient,
    Scene::Checker,
];

/// Draws `scene`, varied by `seed`. With `soft_edge` the picture fades into transparency towards its rim.
pub(super) fn draw(scene: Scene, seed: u32, width: u32, height: u32, soft_edge: bool) -> Canvas {
    let paint = Painter::new(scene, seed, width, height);
    let mut pixels = Vec::with_capacity(width as usize * height as usize);
    for y in 0..height {
        for x in 0..width {
            let [red, green, blue] = paint.colour(x, y);
            let opacity = if soft_edge { rim(x, y, width, height) } else { 1.0 };
            pixels.push([red, green, blue, opacity]);
        }
    }
    Canvas { width, height, pixels }
}

/// Opacity of a soft rim: 1 in the middle, 0 in the corners.
fn rim(x: u32, y: u32, width: u32, height: u32) -> f32 {
    let across = (x as f32 + 0.5) / width as f32 * 2.0 - 1.0;
    let down = (y as f32 + 0.5) / height as f32 * 2.0 - 1.0;
    ((1.15 - (across * across + down * down)) * 2.0).clamp(0.0, 1.0)
}

struct Disc {
    x: f32,
    y: f32,
    radius: f32,
    colour: [f32; 3],
}

/// A scene with everything chosen that does not depend on the pixel.
struct Painter {
    scene: Scene,
    seed: u32,
    width: f32,
    height: f32,
    dark: [f32; 3],
    light: [f32; 3],
    discs: Vec<Disc>,
}

impl Painter {
    fn new(scene: Scene, seed: u32, width: u32, height: u32) -> Self {
        let mut random = Random(u64::from(seed) + 1);
        let dark = [random.unit() * 0.4, random.unit() * 0.4, random.unit() * 0.5];
        let light = [0.6 + random.unit() * 0.4, 0.55 + random.unit() * 0.45, 0.5 + random.unit() * 0.5];
        let (width, height) = (width as f32, height as f32);
        let discs = match scene {
            Scene::Shapes => (0..9)
                .map(|_| Disc {
                    x: random.unit() * width,
                    y: random.unit() * height,
                    radius: (0.05 + random.unit() * 0.2) * width.min(height),
                    colour: [random.unit(), random.unit(), random.unit()],
                })
                .collect(),
            _ => Vec::new(),
        };
        Self {
            scene,
            seed,
            width,
            height,
            dark,
            light,
            discs,
        }
    }

    fn colour(&self, x: u32, y: u32) -> [f32; 3] {
        let (across, down) = (x as f32 / self.width, y as f32 / self.height);
        match self.scene {
            Scene::Gradient => {
                let (glow_x, glow_y) = (across - 0.7, down - 0.3);
                let glow = (1.0 - 3.0 * (glow_x * glow_x + glow_y * glow_y).sqrt()).max(0.0);
                let base = mix(self.dark, self.light, 0.5 * (across + down));
                mix(base, [1.0, 0.95, 0.85], glow * glow)
            }
            Scene::Landscape => self.landscape(x, y, across, down),
            Scene::Shapes => {
                let hit = self
                    .discs
                    .iter()
                    .rev()
                    .find(|disc| (x as f32 - disc.x).hypot(y as f32 - disc.y) < disc.radius);
                hit.map_or(self.light, |disc| disc.colour)
            }
            Scene::Checker => {
                let side = 24 + self.seed % 17;
                if (x / side + y / side).is_multiple_of(2) {
                    self.dark
                } else {
                    self.light
                }
            }
            Scene::Page => self.page(x, y),
            Scene::Clouds => {
                let thick = self.fractal(x as f32 / 90.0, y as f32 / 90.0, 0, 4);
                let tint = self.fractal(x as f32 / 140.0, y as f32 / 140.0, 7, 3);
                mix(mix(self.dark, self.light, thick), [tint, thick, 1.0 - tint], 0.35)
            }
        }
    }

    /// Four ridges, each nearer one lower and darker, and a grain like a sensor's over all.
    fn landscape(&self, x: u32, y: u32, across: f32, down: f32) -> [f32; 3] {
        let mut colour = mix([0.45, 0.65, 0.9], [0.95, 0.85, 0.75], down * 1.4);
        for ridge in 0..4u32 {
            let line = 0.3 + 0.17 * ridge as f32 + 0.22 * (self.fractal(across * 5.0, ridge as f32 * 9.0, 20 + ridge, 4) - 0.5);
            if down > line {
                let rough = self.fractal(x as f32 / 11.0, y as f32 / 11.0, 40 + ridge, 3);
                let near = (ridge + 1) as f32 / 4.0;
                colour = mix(mix(self.light, self.dark, near), [rough * 0.7, rough * 0.8, rough * 0.5], 0.45);
            }
        }
        let grain = (lattice(x, y, self.seed ^ 0x5bd1) - 0.5) * 0.06;
        colour.map(|sample| (sample + grain).clamp(0.0, 1.0))
    }

    /// Words of random length made of 2-pixel strokes, 9 pixels high, 16 pixels apart.
    fn page(&self, x: u32, y: u32) -> [f32; 3] {
        let paper = [0.96, 0.95, 0.91];
        let (line, row) = (y / 16, y % 16);
        let margin = x < 20 || x as f32 > self.width - 20.0 || y as f32 > self.height - 16.0;
        let blank_line = line == 0 || lattice(0, line, self.seed) < 0.12;
        let between_words = lattice(x / 13, line, self.seed + 1) < 0.2;
        let stroke = lattice(x / 2, y / 3, self.seed + 2) < 0.5;
        if margin || blank_line || between_words || !(4..=12).contains(&row) || !stroke {
            paper
        } else {
            [0.12, 0.12, 0.16]
        }
    }

    /// Value noise of several octaves, 0 to 1.
    fn fractal(&self, x: f32, y: f32, layer: u32, octaves: u32) -> f32 {
        let (mut sum, mut weight, mut scale) = (0.0, 0.5, 1.0);
        for octave in 0..octaves {
            sum += weight * noise(x * scale, y * scale, self.seed.wrapping_mul(131).wrapping_add(layer * 17 + octave));
            weight *= 0.5;
            scale *= 2.0;
        }
        sum / (1.0 - weight * 2.0)
    }
}

fn mix(from: [f32; 3], to: [f32; 3], share: f32) -> [f32; 3] {
    let share = share.clamp(0.0, 1.0);
    std::array::from_fn(|sample| from[sample] + (to[sample] - from[sample]) * share)
}

/// Smooth noise between random values on a grid of whole numbers, 0 to 1. Coordinates are not negative.
fn noise(x: f32, y: f32, seed: u32) -> f32 {
    let (column, row) = (x as u32, y as u32);
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (along, below) = (ease(x - column as f32), ease(y - row as f32));
    let upper = lattice(column, row, seed) * (1.0 - along) + lattice(column + 1, row, seed) * along;
    let lower = lattice(column, row + 1, seed) * (1.0 - along) + lattice(column + 1, row + 1, seed) * along;
    upper * (1.0 - below) + lower * below
}

/// A random value that belongs to a place, 0 to 1. An integer hash with full avalanche (Murmur3's finaliser).
fn lattice(x: u32, y: u32, seed: u32) -> f32 {
    let mut hash = x
        .wrapping_mul(0x9e37_79b1)
        .wrapping_add(y.wrapping_mul(0x85eb_ca77))
        .wrapping_add(seed.wrapping_mul(0xc2b2_ae3d));
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^= hash >> 16;
    (hash >> 8) as f32 / (1 << 24) as f32
}

/// Knuth's linear congruential generator (MMIX): enough to place discs and choose colours, always alike.
struct Random(u64);

impl Random {
    /// The next value, 0 to 1.
    fn unit(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scene_is_a_picture_of_its_own_and_stays_within_range() {
        for scene in SCENES {
            let canvas = draw(scene, 3, 160, 120, true);
            assert_eq!(canvas.pixels.len(), 160 * 120, "{scene:?}");
            assert!(
                canvas.pixels.iter().flatten().all(|sample| (0.0..=1.0).contains(sample)),
                "{scene:?}: a sample is out of range"
            );
            let mut seen: Vec<_> = canvas.pixels.iter().map(|pixel| pixel.map(f32::to_bits)).collect();
            seen.sort_unstable();
            seen.dedup();
            assert!(seen.len() > 1, "{scene:?} is one flat colour");
            assert!(
                draw(scene, 4, 160, 120, true).pixels != canvas.pixels,
                "{scene:?}: the seed changes nothing"
            );
            assert!(
                draw(scene, 3, 160, 120, true).pixels == canvas.pixels,
                "{scene:?}: drawn twice, it differs"
            );
        }
    }

    #[test]
    fn turning_left_brings_the_upper_right_corner_to_the_upper_left() {
        let canvas = draw(Scene::Gradient, 1, 5, 3, false);
        let turned = canvas.turned_left();
        assert_eq!((turned.width, turned.height), (3, 5));
        assert_eq!(turned.pixels[0], canvas.pixels[4], "upper right");
        assert_eq!(turned.pixels[2], canvas.pixels[14], "lower right");
        assert_eq!(turned.pixels[12], canvas.pixels[0], "upper left");
    }

    #[test]
    fn the_soft_rim_goes_from_opaque_to_transparent() {
        assert_eq!(rim(50, 50, 100, 100), 1.0);
        assert_eq!(rim(0, 0, 100, 100), 0.0);
        assert!((0.01..0.99).contains(&rim(99, 50, 100, 100)));
    }
}
