//! Draws SVGs, without fetching a URL, running a script or opening another file.

use std::{
    collections::HashMap,
    io::{BufReader, Cursor, ErrorKind, Read},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

use image::{ImageReader, RgbImage};
use resvg::{
    tiny_skia::{Color, Pixmap, Transform},
    usvg::{
        Group, ImageHrefResolver, ImageKind, Node, Options, Paint, Tree,
        fontdb::Database,
        roxmltree::{self, Document, NodeType, ParsingOptions},
    },
};

use crate::dimensions::Dimensions;
use crate::limits::Limits;
use crate::renditions::Renditions;
use crate::shrink::{self, PREVIEW};
use crate::source::Source;
use crate::unrenderable::Unrenderable;

/// The most elements of a drawing, after each reference is replaced by its target.
const ELEMENTS: u64 = 250_000;
/// The deepest nesting of elements and references. Drawing programs stay below 100.
const DEPTH: usize = 512;
/// Bytes of stack for the drawing thread: enough for `DEPTH` levels in each library.
const STACK: usize = 64 * 1024 * 1024;

/// Draws an SVG at the preview's size. A drawing has no pixels of its own, so this does not enlarge it.
///
/// The renderer can't be stopped, so it runs on a thread of its own, and this function waits at most `limits.time` for
/// it. References, layers, patterns and embedded images are limited before, so that a thread that takes too long still
/// ends soon and needs little memory.
pub(crate) fn render_svg(
    source: &mut dyn Source,
    length: u64,
    limits: &Limits,
    seen: &mut Option<Dimensions>,
) -> Result<Renditions, Unrenderable> {
    if length > limits.svg_bytes {
        return Err(Unrenderable::LongDrawing { allowed: limits.svg_bytes });
    }
    let mut text = String::new();
    source.take(limits.svg_bytes).read_to_string(&mut text).map_err(|error| match error.kind() {
        ErrorKind::InvalidData => Unrenderable::NoDrawing,
        _ => Unrenderable::Truncated,
    })?;
    let (sender, receiver) = mpsc::channel();
    let limits = *limits;
    let drawing = move || {
        // Sending fails if the time is over, because the receiver is dropped then.
        let _ = sender.send(draw(&text, &limits));
    };
    thread::Builder::new().stack_size(STACK).spawn(drawing).map_err(|_| Unrenderable::ComplexDrawing)?;
    let (size, preview) = match receiver.recv_timeout(limits.time) {
        Ok(drawn) => drawn?,
        Err(mpsc::RecvTimeoutError::Timeout) => {
            return Err(Unrenderable::TooSlow { seconds: limits.time.as_secs() });
        }
        Err(mpsc::RecvTimeoutError::Disconnected) => return Err(Unrenderable::Damaged), // the thread panicked
    };
    *seen = Some(size);
    shrink::shrink_preview(preview)
}

fn draw(text: &str, limits: &Limits) -> Result<(Dimensions, RgbImage), Unrenderable> {
    // DTDs are allowed, because Illustrator declares entities in them; the parser limits the expansion of entities.
    let text = text.trim_start_matches('\u{feff}');
    let options = ParsingOptions { allow_dtd: true, nodes_limit: 1_000_000, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| {
        tracing::info!(%error, "an SVG can't be drawn");
        match error {
            roxmltree::Error::NodesLimitReached | roxmltree::Error::EntityReferenceLoop(_) => {
                Unrenderable::ComplexDrawing
            }
            _ => Unrenderable::NoDrawing,
        }
    })?;
    if document.root_element().tag_name().name() != "svg" {
        return Err(Unrenderable::NoDrawing);
    }
    Expansion::new(&document).check()?;

    let tree = Tree::from_xmltree(&document, &offline_options(&document, limits)).map_err(|error| {
        tracing::info!(%error, "an SVG can't be drawn");
        match error {
            resvg::usvg::Error::ElementsLimitReached => Unrenderable::ComplexDrawing,
            _ => Unrenderable::NoDrawing,
        }
    })?;
    let (width, height) = (tree.size().width(), tree.size().height());
    // The conversion to integers saturates, so it is valid for every size.
    let size = Dimensions { width: (width.round() as u32).max(1), height: (height.round() as u32).max(1) };
    let canvas = size.fit(PREVIEW);
    let scale = (canvas.width as f32 / width, canvas.height as f32 / height);
    if layer_bytes(tree.root(), scale.0.max(scale.1), canvas) > limits.memory {
        return Err(Unrenderable::ComplexDrawing);
    }

    let mut pixmap = Pixmap::new(canvas.width, canvas.height).ok_or(Unrenderable::NoDrawing)?;
    pixmap.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(scale.0, scale.1), &mut pixmap.as_mut());
    let rgb = pixmap.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let preview = RgbImage::from_raw(canvas.width, canvas.height, rgb).ok_or(Unrenderable::NoDrawing)?;
    Ok((size, preview))
}

/// Options under which a drawing can read nothing but its own text.
fn offline_options(document: &Document, limits: &Limits) -> Options<'static> {
    // Four bytes for each pixel, and three times as much again for the layers around it.
    let pixels = AtomicU64::new(limits.memory / 16);
    let resolver = ImageHrefResolver {
        resolve_data: Box::new(move |mime, data, _| load_embedded(mime, data, &pixels)),
        resolve_string: Box::new(|_, _| None),
    };
    let has_text = document.descendants().any(|node| node.tag_name().name() == "text");
    Options {
        image_href_resolver: resolver,
        font_family: "DejaVu Sans".into(),
        fontdb: if has_text { system_fonts() } else { Arc::default() },
        ..Options::default()
    }
}

/// Loads an image that is embedded in the drawing, if no more than `left` pixels are used by then. Embedded drawings
/// are left out, because each could use up all limits again.
fn load_embedded(mime: &str, data: Arc<Vec<u8>>, left: &AtomicU64) -> Option<ImageKind> {
    let source: &mut dyn Source = &mut Cursor::new(data.as_slice());
    let (width, height) =
        ImageReader::new(BufReader::new(source)).with_guessed_format().ok()?.into_dimensions().ok()?;
    let pixels = u64::from(width) * u64::from(height);
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(pixels)).ok()?;
    match mime {
        "image/jpg" | "image/jpeg" => Some(ImageKind::JPEG(data)),
        "image/png" => Some(ImageKind::PNG(data)),
        "image/gif" => Some(ImageKind::GIF(data)),
        "image/webp" => Some(ImageKind::WEBP(data)),
        _ => None,
    }
}

/// The system's fonts. They are loaded once, for the first drawing with text.
fn system_fonts() -> Arc<Database> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let fonts = FONTS.get_or_init(|| {
        let mut fonts = Database::new();
        fonts.load_system_fonts();
        if fonts.is_empty() {
            tracing::warn!("no fonts are installed: text in SVG drawings is left out of their previews");
        }
        Arc::new(fonts)
    });
    Arc::clone(fonts)
}

/// Counts the elements of a document after each reference (`use`, pattern, mask and so on) is replaced by its target.
/// Ten levels of elements with ten references each are ten billion elements in one kilobyte; counting them takes time
/// in proportion to the document's length.
struct Expansion<'d, 'i> {
    document: &'d Document<'i>,
    ids: HashMap<&'d str, roxmltree::Node<'d, 'i>>,
    /// The count of each element; `None` while it is being counted, so that a circle of references ends.
    counts: HashMap<roxmltree::NodeId, Option<u64>>,
    /// The most that a style sheet may add to an element: its largest target, once each for fill, stroke, clip, mask
    /// and filter. It is added to every element, whether the style applies or not.
    by_style: u64,
}

impl<'d, 'i> Expansion<'d, 'i> {
    fn new(document: &'d Document<'i>) -> Self {
        let ids = document.descendants().filter_map(|node| Some((node.attribute("id")?, node))).collect();
        Self { document, ids, counts: HashMap::new(), by_style: 0 }
    }

    fn check(mut self) -> Result<(), Unrenderable> {
        let styles: Vec<&str> = self
            .document
            .descendants()
            .filter(|node| node.tag_name().name() == "style")
            .filter_map(|node| node.text())
            .collect();
        let mut largest = 0;
        for id in styles.into_iter().flat_map(url_references) {
            if let Some(&target) = self.ids.get(id) {
                largest = largest.max(self.count(target, 0)?);
            }
        }
        self.counts.clear();
        self.by_style = largest.saturating_mul(5);
        if self.count(self.document.root_element(), 0)? > ELEMENTS {
            Err(Unrenderable::ComplexDrawing)
        } else {
            Ok(())
        }
    }

    fn count(&mut self, node: roxmltree::Node<'d, 'i>, depth: usize) -> Result<u64, Unrenderable> {
        if depth > DEPTH {
            return Err(Unrenderable::ComplexDrawing);
        }
        if let Some(count) = self.counts.get(&node.id()) {
            return Ok(count.unwrap_or(0));
        }
        self.counts.insert(node.id(), None);
        let mut total = 1_u64.saturating_add(self.by_style);
        for child in node.children().filter(|child| child.node_type() == NodeType::Element) {
            total = total.saturating_add(self.count(child, depth + 1)?);
        }
        for attribute in node.attributes() {
            let link =
                (attribute.name() == "href").then(|| attribute.value().trim().strip_prefix('#')).flatten();
            for id in link.into_iter().chain(url_references(attribute.value())) {
                if let Some(&target) = self.ids.get(id) {
                    total = total.saturating_add(self.count(target, depth + 1)?);
                }
            }
        }
        self.counts.insert(node.id(), Some(total));
        Ok(total)
    }
}

/// The id of each `url(#id)` in a property or style sheet.
fn url_references(text: &str) -> impl Iterator<Item = &str> {
    text.split("url(").skip(1).filter_map(|rest| {
        let id = rest.split(')').next()?.trim().trim_matches(['"', '\'']);
        id.strip_prefix('#')
    })
}

/// The most bytes of pixels that are held while the group is drawn: one buffer for each open layer and each filter
/// step, and the tile of a pattern.
fn layer_bytes(group: &Group, scale: f32, canvas: Dimensions) -> u64 {
    let bytes = |width: f32, height: f32| (f64::from(width) * f64::from(height) * 4.0) as u64;
    // The renderer limits a layer to five times the canvas.
    let cut = |side: f32, canvas: u32| (side * scale).min(5.0 * canvas as f32);
    let mut own = 0;
    if group.should_isolate() {
        let area = group.abs_layer_bounding_box();
        let steps: usize = group.filters().iter().map(|filter| filter.primitives().len() + 2).sum();
        let layer = bytes(cut(area.width(), canvas.width), cut(area.height(), canvas.height));
        own = layer.saturating_mul(steps as u64 + 2);
    }
    let mut within = 0;
    for node in group.children() {
        if let Node::Group(group) = node {
            within = within.max(layer_bytes(group, scale, canvas));
        }
        if let Node::Path(path) = node {
            let paints = [path.fill().map(|fill| fill.paint()), path.stroke().map(|stroke| stroke.paint())];
            for paint in paints.into_iter().flatten() {
                if let Paint::Pattern(pattern) = paint {
                    let (sx, sy) = path.abs_transform().pre_concat(pattern.transform()).get_scale();
                    let tile =
                        bytes(pattern.rect().width() * sx * scale, pattern.rect().height() * sy * scale);
                    within = within.max(tile);
                }
            }
        }
        // The contents of clip paths, masks and patterns.
        node.subroots(|group| within = within.max(layer_bytes(group, scale, canvas)));
    }
    own.saturating_add(within)
}
