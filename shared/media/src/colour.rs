//! Converts the colours of phones and print (Display P3, Adobe RGB) to sRGB, which browsers assume for images without a
//! colour profile.

use image::RgbImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// Converts the pixels from their ICC profile to sRGB, in place.
///
/// If the profile can't be read or is not for RGB, the pixels stay unchanged: slightly wrong colours are better than no
/// preview.
pub(crate) fn to_srgb(image: &mut RgbImage, profile: &[u8]) {
    let transform =
        ColorProfile::new_from_slice(profile).ok().filter(|p| p.color_space == DataColorSpace::Rgb);
    let transform = transform.map(|profile| {
        let srgb = ColorProfile::new_srgb();
        profile.create_transform_8bit(Layout::Rgb, &srgb, Layout::Rgb, TransformOptions::default())
    });
    let Some(Ok(transform)) = transform else {
        tracing::debug!("an image's colour profile can't be used and is ignored");
        return;
    };
    let mut converted = vec![0; image.as_raw().len()];
    if transform.transform(image.as_raw(), &mut converted).is_ok() {
        image.copy_from_slice(&converted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_p3_green_gets_stronger_and_grey_stays() {
        let profile = ColorProfile::new_display_p3().encode().unwrap();
        let mut image = RgbImage::from_raw(2, 1, vec![90, 200, 60, 128, 128, 128]).unwrap();
        to_srgb(&mut image, &profile);
        let [green, grey] = [image.get_pixel(0, 0).0, image.get_pixel(1, 0).0];
        assert!(green[0] < 80 && green[1] > 200, "{green:?}");
        assert!(grey.iter().all(|c| c.abs_diff(128) <= 1), "{grey:?}");
    }

    #[test]
    fn a_broken_profile_changes_nothing() {
        let mut image = RgbImage::from_raw(1, 1, vec![90, 200, 60]).unwrap();
        to_srgb(&mut image, b"not a profile");
        assert_eq!(image.get_pixel(0, 0).0, [90, 200, 60]);
    }
}
