//! Content codings (RFC 9110 section 8.4.1), decoded as the bytes arrive, under a limit that counts
//! what comes out.
//!
//! The first bytes of a body decide what it is, if they show it, since servers mislabel: plain text
//! labelled gzip, unlabelled gzip, `deflate` without its zlib wrapper.

use std::io::{self, Write};

use brotli_decompressor::DecompressorWriter;
use flate2::{Decompress, FlushDecompress, Status, write::GzDecoder};
use zstd::stream::raw::{self, DParameter, InBuffer, Operation, OutBuffer};

/// The codings that can be decoded, as `Accept-Encoding` names them.
pub(super) const ACCEPTED: &str = "gzip, deflate, br, zstd";
/// Bytes to wait for before deciding what a body is.
const HEAD: usize = 16;
/// Bytes that are decoded in one step, at most.
const STEP: usize = 32 << 10;
/// Largest window of zstd: 8 MiB (RFC 9659).
const ZSTD_WINDOW_LOG: u32 = 23;

/// What a body is labelled as, or turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Plain,
    Gzip,
    Zlib,
    Deflate,
    Brotli,
    Zstd,
}

/// Why a body cannot be decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum DecodeError {
    /// More came out than the limit.
    TooLarge,
    /// Cut off, or broken.
    Broken(String),
}

/// What came out in the end.
#[derive(Debug)]
pub(super) struct End {
    pub bytes: Vec<u8>,
    /// Whether it was what its label says.
    pub as_called: bool,
    /// What is wrong, if it has no end.
    pub broken_off: Option<String>,
}

/// Decodes a body, piece by piece.
pub(super) struct BodyDecoder {
    label: Coding,
    /// The first bytes, until the coding is decided.
    head: Vec<u8>,
    state: State,
}

enum State {
    Undecided(Sink),
    Plain(Sink),
    Gzip(Box<GzDecoder<Sink>>),
    /// The last member has ended: what follows is ignored, as in browsers.
    Passed(Sink),
    Deflate {
        decoder: Decompress,
        sink: Sink,
        ended: bool,
    },
    Brotli(Box<DecompressorWriter<Sink>>),
    Zstd {
        decoder: raw::Decoder<'static>,
        sink: Sink,
        ended: bool,
    },
    /// After an error, or while the state changes.
    Spent,
}

/// Takes what comes out, up to a limit.
struct Sink {
    out: Vec<u8>,
    limit: usize,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.limit - self.out.len() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Coding {
    /// The coding that a `Content-Encoding` names. An unknown name is taken for a mistake: the
    /// first bytes decide.
    pub fn named(label: &str) -> Result<Self, DecodeError> {
        let mut codings = label
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity"));
        let first = codings.next().unwrap_or_default().to_ascii_lowercase();
        if codings.next().is_some() {
            return Err(DecodeError::Broken("several content codings at once".into()));
        }
        Ok(match first.as_str() {
            "gzip" | "x-gzip" => Self::Gzip,
            "deflate" => Self::Zlib,
            "br" => Self::Brotli,
            "zstd" => Self::Zstd,
            _ => Self::Plain,
        })
    }

    /// What a body labelled `self` is by its first bytes; `None` if it is neither that nor text.
    fn decide(self, head: &[u8]) -> Option<Self> {
        Some(match (head, self) {
            ([0x1f, 0x8b, ..], _) => Self::Gzip,
            ([0x28, 0xb5, 0x2f, 0xfd, ..], _) => Self::Zstd,
            (_, Self::Plain) => Self::Plain,
            (head, Self::Gzip | Self::Zstd) => {
                let control = head.iter().any(|byte| matches!(byte, 0..=8 | 14..=26));
                return (!control).then_some(Self::Plain);
            }
            (head, _) if is_text(head) => Self::Plain,
            // CMF and FLG (RFC 1950 section 2.2).
            ([method, flags, ..], Self::Zlib)
                if method & 0x0f == 8 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0 =>
            {
                Self::Zlib
            }
            (_, Self::Zlib | Self::Deflate) => Self::Deflate,
            (_, Self::Brotli) => Self::Brotli,
        })
    }
}

/// Whether the first bytes are text: ASCII, or after a UTF-8 byte order mark. Compressed bytes look
/// like that only once in thousands.
fn is_text(head: &[u8]) -> bool {
    let rest = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    rest.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~'))
}

impl BodyDecoder {
    pub fn new(label: Coding, limit: usize) -> Self {
        Self { label, head: Vec::new(), state: State::Undecided(Sink { out: Vec::new(), limit }) }
    }

    /// Takes the next bytes of the body.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        if !matches!(self.state, State::Undecided(_)) {
            return self.decode(bytes);
        }
        self.head.extend_from_slice(bytes);
        if self.head.len() < HEAD {
            return Ok(());
        }
        self.decide()
    }

    /// How many bytes came out so far.
    pub fn len(&self) -> usize {
        match &self.state {
            State::Undecided(sink)
            | State::Plain(sink)
            | State::Passed(sink)
            | State::Deflate { sink, .. }
            | State::Zstd { sink, .. } => sink.out.len(),
            State::Gzip(decoder) => decoder.get_ref().out.len(),
            State::Brotli(decoder) => decoder.get_ref().out.len(),
            State::Spent => 0,
        }
    }

    /// The body, whole or as far as it came.
    pub fn finish(mut self) -> Result<End, DecodeError> {
        if matches!(self.state, State::Undecided(_)) {
            self.decide()?;
        }
        let is_whole = self.is_whole()?;
        Ok(End { broken_off: (!is_whole).then(|| "it ends too early".into()), ..self.break_off() })
    }

    /// Whether the coding has come to its end.
    fn is_whole(&mut self) -> Result<bool, DecodeError> {
        match &mut self.state {
            State::Undecided(_) | State::Plain(_) | State::Passed(_) => Ok(true),
            State::Gzip(decoder) => match decoder.try_finish() {
                Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Err(decode_error(error)),
                // A checksum that was cut off is reported as a wrong one.
                done => Ok(done.is_ok()),
            },
            State::Deflate { ended, .. } | State::Zstd { ended, .. } => Ok(*ended),
            State::Brotli(decoder) => match decoder.close() {
                Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Err(decode_error(error)),
                done => Ok(done.is_ok()),
            },
            State::Spent => Err(DecodeError::Broken("it ends too early".into())),
        }
    }

    /// The body so far, as it is.
    pub fn break_off(mut self) -> End {
        if matches!(self.state, State::Undecided(_)) {
            // Too few bytes to know what they are: there is nothing to save.
            self.decide().ok();
        }
        let was = self.coding();
        let as_called = match self.label {
            // Nothing came: nothing was mislabelled.
            _ if self.head.is_empty() => true,
            Coding::Zlib => matches!(was, Coding::Zlib | Coding::Deflate),
            label => label == was,
        };
        let bytes = match &mut self.state {
            State::Undecided(sink)
            | State::Plain(sink)
            | State::Passed(sink)
            | State::Deflate { sink, .. }
            | State::Zstd { sink, .. } => std::mem::take(&mut sink.out),
            State::Gzip(decoder) => std::mem::take(&mut decoder.get_mut().out),
            State::Brotli(decoder) => std::mem::take(&mut decoder.get_mut().out),
            State::Spent => Vec::new(),
        };
        End { bytes, as_called, broken_off: None }
    }

    fn coding(&self) -> Coding {
        match &self.state {
            State::Undecided(_) | State::Plain(_) | State::Spent => Coding::Plain,
            State::Gzip(_) | State::Passed(_) => Coding::Gzip,
            State::Deflate { .. } => Coding::Deflate,
            State::Brotli(_) => Coding::Brotli,
            State::Zstd { .. } => Coding::Zstd,
        }
    }

    fn decide(&mut self) -> Result<(), DecodeError> {
        let State::Undecided(sink) = std::mem::replace(&mut self.state, State::Spent) else { return Ok(()) };
        let found = self.label.decide(&self.head);
        let found =
            found.ok_or_else(|| DecodeError::Broken("it is not what Content-Encoding says".into()))?;
        self.state = match found {
            Coding::Plain => State::Plain(sink),
            Coding::Gzip => State::Gzip(Box::new(GzDecoder::new(sink))),
            Coding::Zlib | Coding::Deflate => {
                let decoder = Decompress::new(found == Coding::Zlib);
                State::Deflate { decoder, sink, ended: false }
            }
            Coding::Brotli => State::Brotli(Box::new(DecompressorWriter::new(sink, STEP))),
            Coding::Zstd => {
                let mut decoder = raw::Decoder::new().map_err(decode_error)?;
                decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG)).map_err(decode_error)?;
                State::Zstd { decoder, sink, ended: true }
            }
        };
        let head = std::mem::take(&mut self.head);
        let done = self.decode(&head);
        self.head = head;
        done
    }

    fn decode(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        match &mut self.state {
            State::Undecided(sink) | State::Plain(sink) => sink.write_all(bytes).map_err(decode_error),
            State::Gzip(_) => self.gunzip(bytes),
            State::Passed(_) => Ok(()),
            State::Brotli(decoder) => decoder.write_all(bytes).map_err(decode_error),
            State::Deflate { decoder, sink, ended } => inflate(decoder, sink, ended, bytes),
            State::Zstd { decoder, sink, ended } => unzstd(decoder, sink, ended, bytes).map_err(decode_error),
            State::Spent => Err(DecodeError::Broken("it broke before".into())),
        }
    }

    /// Members may follow each other (RFC 1952 section 2.2).
    fn gunzip(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let State::Gzip(decoder) = &mut self.state else { return Ok(()) };
            let taken = decoder.write(rest).map_err(decode_error)?;
            rest = rest.get(taken..).unwrap_or_default();
            if taken > 0 {
                continue;
            }
            let State::Gzip(decoder) = std::mem::replace(&mut self.state, State::Spent) else {
                return Ok(());
            };
            let sink = decoder.finish().map_err(decode_error)?;
            self.state = match rest {
                [0x1f, ..] => State::Gzip(Box::new(GzDecoder::new(sink))),
                _ => State::Passed(sink),
            };
        }
        Ok(())
    }
}

/// Bytes after the end are ignored.
fn inflate(
    decoder: &mut Decompress,
    sink: &mut Sink,
    ended: &mut bool,
    bytes: &[u8],
) -> Result<(), DecodeError> {
    let mut step = vec![0; STEP];
    let mut rest = bytes;
    while !*ended {
        let (taken, given) = (decoder.total_in(), decoder.total_out());
        let status = decoder
            .decompress(rest, &mut step, FlushDecompress::None)
            .map_err(|error| DecodeError::Broken(error.to_string()))?;
        let taken = usize::try_from(decoder.total_in() - taken).unwrap_or(usize::MAX);
        let given = usize::try_from(decoder.total_out() - given).unwrap_or(usize::MAX);
        rest = rest.get(taken..).unwrap_or_default();
        sink.write_all(step.get(..given).unwrap_or_default()).map_err(decode_error)?;
        *ended = status == Status::StreamEnd;
        if taken == 0 && given == 0 {
            break;
        }
    }
    Ok(())
}

/// Frames may follow each other; `ended` is true between two of them.
fn unzstd(decoder: &mut raw::Decoder<'_>, sink: &mut Sink, ended: &mut bool, bytes: &[u8]) -> io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    let mut step = vec![0; STEP];
    let mut input = InBuffer::around(bytes);
    loop {
        let mut output = OutBuffer::around(&mut step[..]);
        let before = input.pos();
        let hint = decoder.run(&mut input, &mut output)?;
        *ended = hint == 0;
        let full = output.pos() == STEP;
        let given = output.as_slice().len();
        sink.write_all(output.as_slice())?;
        let idle = input.pos() == before && given == 0;
        if idle || input.pos() == bytes.len() && (*ended || !full) {
            return Ok(());
        }
    }
}

fn decode_error(error: io::Error) -> DecodeError {
    match error.kind() {
        io::ErrorKind::FileTooLarge => DecodeError::TooLarge,
        _ => DecodeError::Broken(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(label: Coding, pieces: &[&[u8]], limit: usize) -> Result<Vec<u8>, DecodeError> {
        let mut decoder = BodyDecoder::new(label, limit);
        for piece in pieces {
            decoder.write(piece)?;
        }
        let end = decoder.finish()?;
        end.broken_off.map_or(Ok(end.bytes), |message| Err(DecodeError::Broken(message)))
    }

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    fn labels() -> impl Strategy<Value = Coding> {
        prop::sample::select(vec![Coding::Plain, Coding::Gzip, Coding::Zlib, Coding::Brotli, Coding::Zstd])
    }

    proptest! {
        /// No bytes cause a panic, and the limit holds.
        #[test]
        fn any_bytes_give_a_result(
            label in labels(),
            magic in prop::sample::select(vec![&b""[..], b"\x1f\x8b\x08\x00", b"\x28\xb5\x2f\xfd", b"\x78\x9c"]),
            bytes in prop::collection::vec(any::<u8>(), 0..400),
        ) {
            if let Ok(body) = decoded(label, &[magic, &bytes], 1000) {
                prop_assert!(body.len() <= 1000);
            }
        }

        /// However the bytes are split, the same comes out.
        #[test]
        fn pieces_do_not_matter(body in prop::collection::vec(any::<u8>(), 0..3000), at in 0usize..3000) {
            let packed = zstd::bulk::compress(&body, 1).unwrap();
            let (a, b) = packed.split_at(at.min(packed.len()));
            prop_assert_eq!(decoded(Coding::Zstd, &[a, b], 4000).unwrap(), body.clone());
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&body).unwrap();
            let packed = encoder.finish().unwrap();
            let (a, b) = packed.split_at(at.min(packed.len()));
            prop_assert_eq!(decoded(Coding::Zlib, &[a, b], 4000).unwrap(), body.clone());
            // Two members, and what some servers leave behind the last one.
            let (first, second) = body.split_at(body.len() / 3);
            for rest in [&b""[..], b"\n", b"\0\0\0\0"] {
                let packed = [&gzip(first), &gzip(second), rest].concat();
                let (a, b) = packed.split_at(at.min(packed.len()));
                prop_assert_eq!(decoded(Coding::Gzip, &[a, b], 4000).unwrap(), body.clone());
            }
        }
    }

    /// Every truncation of a body is detected; `br` has no checksum, but an end.
    #[test]
    fn a_cut_is_found_out() {
        let body: Vec<u8> = (0..2000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(&body).unwrap();
        // "<rss>" as one uncompressed and one empty last meta-block.
        let brotli = b"\x0b\x02\x80<rss>\x03".to_vec();
        for (label, packed) in [
            (Coding::Gzip, gzip(&body)),
            (Coding::Zlib, zlib.finish().unwrap()),
            (Coding::Zstd, zstd::bulk::compress(&body, 1).unwrap()),
            (Coding::Brotli, brotli),
        ] {
            let whole = decoded(label, &[&packed], 1 << 20).unwrap();
            assert_eq!(decoded(label, &[&packed], whole.len()), Ok(whole.clone()));
            assert_eq!(decoded(label, &[&packed], whole.len() - 1), Err(DecodeError::TooLarge), "{label:?}");
            for end in [packed.len() - 1, packed.len() / 2] {
                let found = decoded(label, &[&packed[..end]], 1 << 20);
                assert!(matches!(found, Err(DecodeError::Broken(_))), "{label:?} cut at {end}: {found:?}");
                let mut decoder = BodyDecoder::new(label, 1 << 20);
                decoder.write(&packed[..end]).unwrap();
                let kept = decoder.finish().unwrap().bytes;
                assert!(whole.starts_with(&kept), "{label:?} cut at {end} gives something else");
            }
        }
    }
}
