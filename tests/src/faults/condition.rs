//! Evaluates key conditions of queries on rows that an index should still show: Vitrine's queries use a part of
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html>).

use serde_json::Value;

/// Whether a row satisfies a query's key condition; `None` if the condition has a form that is not supported here.
pub(super) fn is_satisfied(query: &Value, row: &Value) -> Option<bool> {
    let expression = query["KeyConditionExpression"].as_str()?;
    let padded = ["(", ")", ",", "<=", ">="]
        .iter()
        .fold(expression.to_owned(), |text, sign| text.replace(sign, &format!(" {sign} ")));
    let words: Vec<&str> = padded.split_whitespace().filter(|word| !["(", ")", ","].contains(word)).collect();
    let name = |word: &str| query["ExpressionAttributeNames"][word].as_str().unwrap_or(word).to_owned();
    let value = |word: &str| query["ExpressionAttributeValues"][word]["S"].as_str();
    let own = |word: &str| row[name(word)]["S"].as_str();
    let mut rest = words.as_slice();
    let mut all = true;
    loop {
        let (satisfied, after) = match rest {
            ["begins_with", attribute, start, after @ ..] => {
                let start = value(start)?;
                (own(attribute).is_some_and(|own| own.starts_with(start)), after)
            }
            [attribute, "BETWEEN", low, "AND", high, after @ ..] => {
                let (low, high) = (value(low)?, value(high)?);
                (own(attribute).is_some_and(|own| low <= own && own <= high), after)
            }
            [attribute, sign, other, after @ ..] => {
                let other = value(other)?;
                let compared = |is: fn(&str, &str) -> bool| own(attribute).is_some_and(|own| is(own, other));
                let satisfied = match *sign {
                    "=" => compared(|a, b| a == b),
                    "<" => compared(|a, b| a < b),
                    "<=" => compared(|a, b| a <= b),
                    ">" => compared(|a, b| a > b),
                    ">=" => compared(|a, b| a >= b),
                    _ => return None,
                };
                (satisfied, after)
            }
            _ => return None,
        };
        all &= satisfied;
        rest = match after {
            [] => return Some(all),
            ["AND", more @ ..] => more,
            _ => return None,
        };
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn evaluate(condition: &str) -> Option<bool> {
        let query = json!({
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": {"#p": "owner"},
            "ExpressionAttributeValues": {
                ":p": {"S": "carl"}, ":a": {"S": "a"}, ":m": {"S": "m"}, ":z": {"S": "z"}, ":n": {"N": "7"},
            },
        });
        is_satisfied(&query, &json!({"owner": {"S": "carl"}, "sort": {"S": "mail"}}))
    }

    #[test]
    fn conditions_are_evaluated_as_dynamodb_does() {
        for condition in [
            "#p = :p",
            "#p = :p AND sort > :a",
            "#p = :p AND sort<=:z",
            "#p = :p AND begins_with(sort, :m)",
            "#p = :p AND sort BETWEEN :a AND :z",
        ] {
            assert_eq!(evaluate(condition), Some(true), "{condition}");
        }
        for condition in
            ["#p = :a", "#p = :p AND sort < :a", "#p = :p AND begins_with(sort, :z)", "gone = :p"]
        {
            assert_eq!(evaluate(condition), Some(false), "{condition}");
        }
        assert_eq!(evaluate("sort = :n"), None, "a number");
        assert_eq!(evaluate("size(sort) > :n"), None);
    }
}
