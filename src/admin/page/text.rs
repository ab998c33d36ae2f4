//! Text in a page.

use maud::Render;

use crate::preview::html::escape;

/// Text for an element or an attribute: escaped, and without characters that only control.
pub(super) struct Text<'a>(pub(super) &'a str);

impl Render for Text<'_> {
    fn render_to(&self, page: &mut String) {
        page.push_str(&escape(self.0));
    }
}

/// Text that others wrote.
pub(super) fn text(text: &str) -> Text<'_> {
    Text(text)
}
