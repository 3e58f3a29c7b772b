//! What a question is answered with.

use ::corpus::{
    AnswerTable, Column,
    native::{ParquetFileError, to_parquet},
};
use serde_json::{Map, Value, json};

use super::Form;

/// An answer.
pub enum Answer {
    /// Rows.
    Table(AnswerTable),
    /// What may be asked.
    Options(Value),
}

/// An answer, and what is to be known of it.
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// Why it is to be read with care, as sentences without their ends.
    pub cautions: Vec<String>,
}

impl Answered {
    /// A table.
    pub(super) fn table(table: AnswerTable) -> Self {
        Self { answer: Answer::Table(table), cautions: Vec::new() }
    }

    /// The same, with cautions.
    pub(super) fn with(self, cautions: Vec<String>) -> Self {
        Self { cautions, ..self }
    }
}

impl Answer {
    /// The form that it is written in where this one is asked for: options are JSON.
    pub fn form(&self, asked: Form) -> Form {
        match self {
            Self::Options(_) => Form::Json,
            Self::Table(_) => asked,
        }
    }

    /// The answer as a file of [`Self::form`].
    ///
    /// # Errors
    /// When Parquet cannot be written.
    pub fn written(&self, asked: Form) -> Result<Vec<u8>, ParquetFileError> {
        match (self, self.form(asked)) {
            (Self::Options(_), _) | (_, Form::Json) => Ok(format!("{:#}\n", self.json()).into_bytes()),
            (Self::Table(table), Form::Csv) => Ok(table.to_csv().into_bytes()),
            (Self::Table(table), Form::Parquet) => to_parquet(table),
        }
    }

    /// The answer as JSON: of a table `facts` by name, and `rows`, each with its columns by name; what has no value is null.
    pub fn json(&self) -> Value {
        match self {
            Self::Options(options) => options.clone(),
            Self::Table(table) => to_json(table),
        }
    }
}

fn to_json(table: &AnswerTable) -> Value {
    let cell = |column: &Column, row: usize| match column {
        Column::Texts(texts) => Value::from(texts[row].clone()),
        Column::Integers(numbers) => Value::from(numbers[row]),
        Column::Numbers(numbers) if numbers[row].is_nan() => Value::Null,
        // JSON has no number for it.
        Column::Numbers(numbers) if numbers[row].is_infinite() => Value::from(numbers[row].to_string()),
        Column::Numbers(numbers) => Value::from(numbers[row]),
    };
    let row = |row: usize| -> Value {
        let cells = table.columns.iter().map(|(name, column)| (name.clone(), cell(column, row)));
        Value::Object(cells.collect::<Map<_, _>>())
    };
    let facts: Map<String, Value> =
        table.facts.iter().map(|(name, text)| (name.clone(), Value::from(text.clone()))).collect();
    json!({ "facts": facts, "rows": (0..table.len()).map(row).collect::<Vec<_>>() })
}
