"""Error conditions of Embark: SQLSTATE and message, whose parameters are in brackets.

Generated from the lists that SQL and the command have. Edit those, and run
``mvn -q -pl docs -am package -DskipITs -Dtest=ReferenceTest,PythonModulesTest
-Dsurefire.failIfNoSpecifiedTests=false -Dembark.docs.write=true``.
"""

from __future__ import annotations

CONDITIONS: dict[str, tuple[str, str]] = {
    "EMBARK_UNKNOWN_OPTION": (
        "42616",
        "There is no <function> option '<option>'<hint> The options are <options>.",
    ),
    "EMBARK_INVALID_OPTION": (
        "22023",
        "The <function> option <option> cannot be <value>; it takes <takes>.",
    ),
    "EMBARK_DUPLICATE_OPTION": (
        "42614",
        "The <function> option <option> is given twice.",
    ),
    "EMBARK_OPTIONS_NOT_LITERAL": (
        "42K08",
        "The options of <function> have to be literals, such as map('mode', 'FAILFAST') or "
        "mode => 'FAILFAST', but this is <argument>.",
    ),
    "EMBARK_OPTION_KEYS_NOT_STRING": (
        "42K09",
        "The options of <function> have to be a map with string keys.",
    ),
    "EMBARK_NO_MODEL": (
        "42616",
        "<function> has no model of its own: name one with map('model', …), or for the "
        "session with <conf>.",
    ),
    "EMBARK_SERVER_NOT_ALLOWED": (
        "42501",
        "The model <model> is on a server that its URL names; calls may name one only if "
        "Spark was started with --conf <conf>=true.",
    ),
    "EMBARK_INVALID_CONF": (
        "22022",
        "<conf> cannot be '<value>'; it takes <takes>.",
    ),
    "EMBARK_CONF_OF_APPLICATION": (
        "46110",
        "<conf> belongs to the application: set it before Spark starts, with --conf <conf>=…",
    ),
    "EMBARK_NO_TEXT_COLUMN": (
        "42703",
        "There is no string column '<column>' to embed; the dataset has <schema>.",
    ),
    "EMBARK_NO_VECTOR_COLUMN": (
        "42703",
        "There is no column '<column>' of vectors, which are arrays of numbers; the dataset "
        "has <schema>.",
    ),
    "EMBARK_NOT_A_TABLE": (
        "42K09",
        "<function> takes tables, as TABLE(name) or TABLE(SELECT …), but this is <argument>.",
    ),
    "EMBARK_COLUMN_EXISTS": (
        "42711",
        "The dataset already has a column '<column>'; choose another name.",
    ),
    "EMBARK_MODEL_NOT_FETCHED": (
        "42K03",
        "The model <model> cannot be fetched: <reason>.",
    ),
    "EMBARK_MODEL_NOT_IMPORTED": (
        "0A000",
        "The model <model> cannot be imported: <reason>.",
    ),
    "EMBARK_MODEL_NOT_LOADED": (
        "22000",
        "The model cannot be loaded: <reason>.",
    ),
    "EMBARK_TOO_MANY_DIMENSIONS": (
        "22023",
        "dimensions is <dimensions>, but the model has <available>.",
    ),
    "EMBARK_UNKNOWN_PROMPT": (
        "22023",
        "role is <role>, but the model <name> has no prompts in its file and is of no known "
        "family (<families>); give its prompt as prefix, '' for none.",
    ),
    "EMBARK_FAILED_ROW": (
        "22000",
        "Row <row> of partition <partition> cannot be <done>: <reason> With mode=PERMISSIVE "
        "its result would be NULL.",
    ),
    "EMBARK_VECTOR_LENGTHS": (
        "22000",
        "<function> takes vectors of the same length, but these have <left> and <right> "
        "elements; they are of different models or dimensions.",
    ),
    "VECTOR_DIMENSION_MISMATCH": (
        "22000",
        "<functionName> takes vectors of the same length, but these have <leftDim> and "
        "<rightDim> elements; they are of different models or dimensions.",
    ),
    "INVALID_VECTOR_NORM_DEGREE": (
        "22023",
        "The degree of <functionName> cannot be <degree>; it takes 1.0, 2.0 or float('inf').",
    ),
    "EMBARK_WRONG_SCALA": (
        "56038",
        "This jar of Embark is for Scala <jar>, but Spark <spark> runs on Scala <scala>; "
        "use the jar for Scala <scala>.",
    ),
    "EMBARK_TOO_LONG": (
        "22001",
        "<reason>",
    ),
    "EMBARK_EMPTY": (
        "22000",
        "<reason>",
    ),
    "EMBARK_NOT_TEXT": (
        "22021",
        "<reason>",
    ),
    "EMBARK_NOT_FINITE": (
        "22003",
        "<reason>",
    ),
    "EMBARK_CANCELLED": (
        "57014",
        "<reason>",
    ),
    "EMBARK_OUT_OF_MEMORY": (
        "53200",
        "<reason>",
    ),
    "EMBARK_MODEL": (
        "22000",
        "<reason>",
    ),
    "EMBARK_BACKEND": (
        "56038",
        "<reason>",
    ),
    "EMBARK_OPTION": (
        "42616",
        "<reason>",
    ),
    "EMBARK_NO_JAR": (
        "42K03",
        "There is no Embark jar: pass jar=, or set EMBARK_JAR to the path of the jar.",
    ),
    "EMBARK_NOT_A_JAR": (
        "42K03",
        "<jar> is not a jar of Embark: <reason>",
    ),
    "EMBARK_WRONG_VERSION": (
        "56038",
        "embark-spark <package> needs a jar of the same minor version, but <where> has "
        "Embark <jar>; install the matching package or jar.",
    ),
    "EMBARK_SPARK_IS_RUNNING": (
        "56038",
        "Spark is running already, so a builder cannot add a jar to it; call "
        "embark.install(spark, jar=…) on the session.",
    ),
    "EMBARK_NOT_ON_SERVER": (
        "56038",
        "The Spark Connect server does not have Embark, and a client cannot add it. Ask its "
        "administrator to start the server with <arguments>",
    ),
    "EMBARK_NOT_INSTALLED": (
        "56038",
        "Embark could not be installed in this session: <reason>",
    ),
    "EMBARK_NEEDS_DRIVER": (
        "56038",
        "A job runs in the driver, which a Spark Connect client does not have. Run it where "
        "the driver is: embark run <arguments>",
    ),
    "EMBARK_CLIENT_TOO_OLD": (
        "56038",
        "embark.<function> needs Spark 4 on a Spark Connect client; on Spark <spark>, "
        "register both DataFrames as temporary views and call the table function <function> "
        "in SQL.",
    ),
    "EMBARK_JOB_FAILED": (
        "58000",
        "<reason>",
    ),
    "EMBARK_NOT_VECTORS": (
        "42K09",
        "The column <column> is <type>; to_numpy takes a column of vectors.",
    ),
    "EMBARK_NULL_VECTORS": (
        "22004",
        "<count> of <rows> rows of the column <column> are NULL; filter them with <column> "
        "IS NOT NULL<hint>.",
    ),
    "EMBARK_UNEQUAL_VECTORS": (
        "22000",
        "The vectors of the column <column> have different lengths, <shortest> to "
        "<longest>; they are of different models or dimensions.",
    ),
}
