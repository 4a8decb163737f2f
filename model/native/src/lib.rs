//! The Python module `sentiment_native`: the Rust implementation of `sentiment_model`, which specifies each function.
//!
//! `sentiment_model/native.py` and `counting.py` call it. The Python side checks what users pass and words the errors.

mod arrays;
mod count;
mod index;
mod keys;
mod names;
mod reading;
mod score;
mod tally;
mod tokens;
mod unicode;
mod unicode_tables;

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::Mutex;

use pyo3::exceptions::{PyOverflowError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyByteArray, PyTuple};
use rayon::prelude::*;

use crate::arrays::{copied, filled, Array};
use crate::count::{Columns, Corpus, CountError};
use crate::keys::{Tokens, Unit};
use crate::reading::{Reading, Split};
use crate::score::{Norm, Scratch, Seen, Tf, View};

/// Scoring a shorter text may take less time than acquiring the interpreter's lock again.
const RELEASE_LOCK_BYTES: usize = 32 * 1024;

const MAX_LENGTH: usize = 16;

fn unit(name: &str) -> PyResult<Unit> {
    match name {
        "words" => Ok(Unit::Words),
        "characters" => Ok(Unit::Characters),
        "characters-in-words" => Ok(Unit::CharactersInWords),
        _ => Err(PyValueError::new_err("the unit must be words, characters or characters-in-words")),
    }
}

fn tf(name: &str) -> PyResult<Tf> {
    match name {
        "plain" => Ok(Tf::Plain),
        "sublinear" => Ok(Tf::Sublinear),
        "binary" => Ok(Tf::Binary),
        _ => Err(PyValueError::new_err("the tf must be plain, sublinear or binary")),
    }
}

fn norm(name: &str) -> PyResult<Norm> {
    match name {
        "l2" => Ok(Norm::L2),
        "l1" => Ok(Norm::L1),
        "none" => Ok(Norm::None),
        _ => Err(PyValueError::new_err("the norm must be l2, l1 or none")),
    }
}

/// The names of the preprocessing and of the tokens, and the stop words.
type ReadingArguments = (String, String, Vec<String>);

fn reading((preprocessing, tokens, stop_words): ReadingArguments) -> PyResult<Reading> {
    let stop_words: HashSet<String> = stop_words.into_iter().collect();
    let found = Reading::named(&preprocessing, &tokens, stop_words);
    found.ok_or_else(|| PyValueError::new_err("unknown preprocessing or tokens"))
}

fn lengths((shortest, longest): (usize, usize)) -> PyResult<RangeInclusive<usize>> {
    if 1 <= shortest && shortest <= longest && longest <= MAX_LENGTH {
        Ok(shortest..=longest)
    } else {
        Err(PyValueError::new_err("n-grams must be of 1 to 16 tokens, shortest first"))
    }
}

fn pool(threads: usize) -> PyResult<rayon::ThreadPool> {
    let built = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build();
    built.map_err(|error| PyRuntimeError::new_err(format!("threads cannot be started: {error}")))
}

pyo3::create_exception!(sentiment_native, KeyCollision, PyValueError, "Two different n-grams have the same key.");

impl From<CountError> for PyErr {
    fn from(error: CountError) -> Self {
        match error {
            CountError::TextTooLong => PyOverflowError::new_err("a text has more than 2^28 tokens"),
            CountError::TooManyTexts => PyOverflowError::new_err("more than 2^32 texts"),
            CountError::Collision => KeyCollision::new_err("two n-grams have the same 64-bit key"),
        }
    }
}

#[pyclass(frozen, name = "LinearScorer", module = "sentiment_native")]
struct LinearScorer {
    bias: Vec<f64>,
    views: Vec<View<Array<u64>, Array<f32>>>,
    reading: Reading,
    /// For short texts. They are scored under the interpreter's lock, one at a time, so that no thread waits for it.
    scratch: Mutex<Scratch>,
}

/// unit, n-gram lengths, tf, norm, keys, weight, coef
type ViewArguments = (String, (usize, usize), String, String, Array<u64>, Array<f32>, Array<f32>);

type Score<'py> = (Bound<'py, PyTuple>, usize, usize);

impl LinearScorer {
    fn margins(&self, text: &str, scratch: &mut Scratch) -> (Vec<f64>, Seen) {
        let mut margins = self.bias.clone();
        let mut seen = Seen::default();
        for view in &self.views {
            let of_view = view.add(text, &self.reading, &mut margins, scratch);
            seen.known += of_view.known;
            seen.total += of_view.total;
        }
        (margins, seen)
    }
}

fn to_python<'py>(py: Python<'py>, (margins, seen): (Vec<f64>, Seen)) -> PyResult<Score<'py>> {
    Ok((PyTuple::new(py, margins)?, seen.known, seen.total))
}

#[pymethods]
impl LinearScorer {
    /// Keys and coefficients are referenced, not copied, and must not change while this object lives. The numbers that
    /// most n-grams need are also copied into one array.
    #[new]
    fn new(bias: Vec<f64>, views: Vec<ViewArguments>, reading_arguments: ReadingArguments) -> PyResult<Self> {
        let outputs = bias.len();
        if outputs == 0 {
            return Err(PyValueError::new_err("a model has at least one bias"));
        }
        let views = views.into_iter().map(|(unit_name, ngrams, tf_name, norm_name, keys, weight, coef)| {
            let n = keys.as_ref().len();
            if u32::try_from(n).is_err() || weight.as_ref().len() != n || coef.as_ref().len() != n * outputs {
                return Err(PyValueError::new_err("keys, weight and coef differ in length"));
            }
            let (unit, lengths, tf, norm) = (unit(&unit_name)?, lengths(ngrams)?, tf(&tf_name)?, norm(&norm_name)?);
            Ok(View::new(unit, lengths, tf, norm, keys, weight.as_ref(), coef))
        });
        let (views, reading) = (views.collect::<PyResult<_>>()?, reading(reading_arguments)?);
        Ok(LinearScorer { bias, views, reading, scratch: Mutex::default() })
    }

    /// The margins, the number of known n-grams, the number of n-grams.
    fn score<'py>(&self, py: Python<'py>, text: PyBackedStr) -> PyResult<Score<'py>> {
        if text.len() >= RELEASE_LOCK_BYTES {
            return to_python(py, py.detach(|| self.margins(&text, &mut Scratch::default())));
        }
        let scored = match self.scratch.try_lock() {
            Ok(mut scratch) => self.margins(&text, &mut scratch),
            Err(_) => self.margins(&text, &mut Scratch::default()),
        };
        to_python(py, scored)
    }

    /// The `score` of each text.
    fn score_many<'py>(&self, py: Python<'py>, texts: Vec<PyBackedStr>, threads: usize) -> PyResult<Vec<Score<'py>>> {
        let pool = pool(threads)?;
        let scores: Vec<_> = py.detach(|| {
            pool.install(|| {
                texts.par_iter().map_init(Scratch::default, |scratch, text| self.margins(text, scratch)).collect()
            })
        });
        scores.into_iter().map(|score| to_python(py, score)).collect()
    }

    /// For each view, the known n-grams of a text: name, count, position in the vocabulary.
    fn matches(&self, text: PyBackedStr) -> Vec<Vec<(String, usize, usize)>> {
        self.views.iter().map(|view| view.matches(&text, &self.reading)).collect()
    }
}

/// Counts n-grams of texts that are added in batches.
#[pyclass(name = "NgramCounter", module = "sentiment_native")]
struct NgramCounter {
    corpus: Corpus,
    pool: rayon::ThreadPool,
}

type Matrix<'py> = (
    Bound<'py, PyByteArray>,
    Bound<'py, PyByteArray>,
    Bound<'py, PyByteArray>,
    Bound<'py, PyByteArray>,
    Bound<'py, PyByteArray>,
);

#[pymethods]
impl NgramCounter {
    #[new]
    fn new(unit_name: &str, ngrams: (usize, usize), threads: usize) -> PyResult<Self> {
        let corpus = Corpus::new(unit(unit_name)?, lengths(ngrams)?);
        Ok(NgramCounter { corpus, pool: pool(threads)? })
    }

    fn add(&mut self, py: Python<'_>, texts: Vec<PyBackedStr>) -> PyResult<()> {
        let NgramCounter { corpus, pool } = self;
        Ok(py.detach(|| pool.install(|| corpus.add(&texts)))?)
    }

    /// The matrix of the n-grams that occur in at least `min_df` texts, by rows, and the n-grams of its columns: row
    /// starts i64, columns i32, counts i32, keys u64 (ascending), lengths u8. The counter is empty afterwards.
    fn finish<'py>(&mut self, py: Python<'py>, min_df: usize) -> PyResult<Matrix<'py>> {
        let NgramCounter { corpus, pool } = self;
        let mut columns: Columns = py.detach(|| pool.install(|| corpus.columns(min_df)))?;
        if i32::try_from(columns.keys.len()).is_err() {
            return Err(PyOverflowError::new_err("more than 2^31 n-grams; raise min_df"));
        }
        let cells = columns.cells();
        let mut counts = Vec::new();
        let places = filled(py, cells, |places: &mut [i32]| {
            py.detach(|| {
                counts.resize(cells, 0);
                columns.write_cells(places, &mut counts);
            });
        })?;
        let counts = copied(py, counts)?;
        let row_starts = copied(py, columns.row_starts)?;
        Ok((row_starts, places, counts, copied(py, columns.keys)?, copied(py, columns.lengths)?))
    }
}

/// Whether the keys are strictly ascending.
#[pyfunction]
fn ascending(keys: Array<u64>) -> bool {
    keys.as_ref().is_sorted_by(|one, next| one < next)
}

/// Whether all numbers are finite.
#[pyfunction]
fn finite(numbers: Array<f32>) -> bool {
    numbers.as_ref().iter().all(|number| number.is_finite())
}

#[pyfunction]
fn preprocess(text: PyBackedStr) -> String {
    let mut prepared = String::new();
    tokens::preprocess(&text, &Reading::default(), &mut prepared);
    prepared
}

#[pyfunction]
fn tokenize(text: PyBackedStr) -> Vec<String> {
    let mut found = Vec::new();
    tokens::for_each_token(&text, Split::WordsPunctuation, |span| found.push(text[span].to_owned()));
    found
}

/// The keys of all n-grams of a preprocessed text, by position, then by length.
#[pyfunction]
fn ngram_keys(text: PyBackedStr, unit_name: &str, ngrams: (usize, usize)) -> PyResult<Vec<u64>> {
    let (unit, lengths) = (unit(unit_name)?, lengths(ngrams)?);
    let (mut tokens, mut keys) = (Tokens::default(), Vec::new());
    tokens.read_preprocessed(&text, unit);
    tokens.for_each_ngram(unit, &lengths, |_, _, key| keys.push(key));
    Ok(keys)
}

/// The n-gram of each of the ascending keys, or None if no text has it.
#[pyfunction]
fn ngram_names(
    py: Python<'_>,
    texts: Vec<PyBackedStr>,
    keys: Array<u64>,
    unit_name: &str,
    ngrams: (usize, usize),
) -> PyResult<Vec<Option<String>>> {
    let (unit, lengths) = (unit(unit_name)?, lengths(ngrams)?);
    let found = py.detach(|| names::names(&texts, keys.as_ref(), unit, &lengths));
    found.map_err(|key| KeyCollision::new_err(format!("two n-grams have the same 64-bit key, {key:#018x}")))
}

#[pymodule]
fn sentiment_native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("KeyCollision", module.py().get_type::<KeyCollision>())?;
    module.add_class::<LinearScorer>()?;
    module.add_class::<NgramCounter>()?;
    module.add_function(wrap_pyfunction!(ascending, module)?)?;
    module.add_function(wrap_pyfunction!(finite, module)?)?;
    module.add_function(wrap_pyfunction!(preprocess, module)?)?;
    module.add_function(wrap_pyfunction!(tokenize, module)?)?;
    module.add_function(wrap_pyfunction!(ngram_keys, module)?)?;
    module.add_function(wrap_pyfunction!(ngram_names, module)?)?;
    Ok(())
}
