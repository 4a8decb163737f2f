//! Arrays passed between Rust and Python without numpy: buffers owned by Python, read as slices.

use pyo3::buffer::{Element, PyBuffer};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

/// A buffer owned by Python (an array, a memoryview of a mapped file), held as long as this lives.
pub struct Array<T: Element>(PyBuffer<T>);

impl<'a, 'py, T: Element> FromPyObject<'a, 'py> for Array<T> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let buffer = PyBuffer::get(&object)?;
        if !buffer.is_c_contiguous() {
            return Err(PyValueError::new_err("the numbers of an array must be contiguous"));
        }
        Ok(Array(buffer))
    }
}

impl<T: Element> AsRef<[T]> for Array<T> {
    fn as_ref(&self) -> &[T] {
        if self.0.item_count() == 0 {
            return &[];
        }
        // SAFETY: PyBuffer checked the type and the alignment of the items, and its exporter does not move the memory
        // until the buffer is released. Every bit pattern is a valid number. Callers promise not to change the numbers,
        // and no index is derived from them without a check.
        unsafe { std::slice::from_raw_parts(self.0.buf_ptr().cast(), self.0.item_count()) }
    }
}

/// A bytearray of `count` numbers that `fill` writes; numpy reads it without a copy.
pub fn filled<'py, T: Element>(
    py: Python<'py>,
    count: usize,
    fill: impl FnOnce(&mut [T]),
) -> PyResult<Bound<'py, PyByteArray>> {
    PyByteArray::new_with(py, count * size_of::<T>(), |bytes| {
        // SAFETY: `Element` is implemented only for numbers, for which every bit pattern is valid.
        let (before, numbers, after) = unsafe { bytes.align_to_mut::<T>() };
        if !before.is_empty() || !after.is_empty() {
            return Err(PyValueError::new_err("the memory of a bytearray is not aligned"));
        }
        fill(numbers);
        Ok(())
    })
}

/// A bytearray with these numbers.
pub fn copied<T: Element>(py: Python<'_>, numbers: Vec<T>) -> PyResult<Bound<'_, PyByteArray>> {
    filled(py, numbers.len(), |target| target.copy_from_slice(&numbers))
}
