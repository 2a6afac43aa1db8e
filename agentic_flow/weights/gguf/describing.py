"""Sizes and words of a model -> genai_config.json and tokenizer_config.json."""

from typing import Any

from agentic_flow.weights.gguf.architecture import Architecture
from agentic_flow.weights.gguf.graph import KEY_IN, KEY_OUT, VALUE_IN, VALUE_OUT
from agentic_flow.weights.gguf.vocabulary import Vocabulary

Json = dict[str, Any]

_TOKENIZER_CLASSES = {"qwen2": "Qwen2Tokenizer", "gpt2": "GPT2Tokenizer", "llama": "LlamaTokenizer"}
"""By splitter, else by model: what the runtime calls its own reading of tokenizer.json."""


def describe_model(architecture: Architecture, vocabulary: Vocabulary, graph: str) -> Json:
    """Return the content of genai_config.json for a graph made by `build_graph`.

    A GGUF says nothing on how its makers sample, so `search` holds neutral values.
    """
    inputs: Json = {
        "input_ids": "input_ids",
        "attention_mask": "attention_mask",
        "past_key_names": KEY_IN.format("%d"),
        "past_value_names": VALUE_IN.format("%d"),
    }
    outputs: Json = {
        "logits": "logits",
        "present_key_names": KEY_OUT.format("%d"),
        "present_value_names": VALUE_OUT.format("%d"),
    }
    decoder: Json = {
        "session_options": {"log_id": "onnxruntime-genai", "provider_options": []},
        "filename": graph,
        "head_size": architecture.head_size,
        "hidden_size": architecture.hidden,
        "inputs": inputs,
        "outputs": outputs,
        "num_attention_heads": architecture.heads,
        "num_hidden_layers": architecture.layers,
        "num_key_value_heads": architecture.kv_heads,
    }
    return {
        "model": {
            "type": architecture.kind,
            "bos_token_id": vocabulary.end if vocabulary.begin is None else vocabulary.begin,
            "eos_token_id": list(vocabulary.ends),
            "pad_token_id": vocabulary.pad,
            "context_length": architecture.context,
            "vocab_size": architecture.vocabulary,
            "decoder": decoder,
        },
        "search": {
            "do_sample": False,
            "max_length": architecture.context,
            "min_length": 0,
            "num_beams": 1,
            "past_present_share_buffer": True,
            "repetition_penalty": 1.0,
            "temperature": 1.0,
            "top_k": 50,
            "top_p": 1.0,
        },
    }


def describe_words(architecture: Architecture, vocabulary: Vocabulary) -> Json:
    """Return the content of tokenizer_config.json: special words, and the chat template if there is one."""
    by_splitter = _TOKENIZER_CLASSES.get(vocabulary.splitter)
    words = {
        "bos_token": vocabulary.word(vocabulary.begin),
        "eos_token": vocabulary.word(vocabulary.end),
        "pad_token": vocabulary.word(vocabulary.pad),
        "unk_token": vocabulary.word(vocabulary.unknown),
        "chat_template": vocabulary.template,
    }
    return {
        "tokenizer_class": by_splitter or _TOKENIZER_CLASSES[vocabulary.model],
        "add_bos_token": vocabulary.adds_begin,
        "add_prefix_space": vocabulary.model == "llama" and vocabulary.adds_space,
        "clean_up_tokenization_spaces": False,
        "model_max_length": architecture.context,
        **{key: text for key, text in words.items() if text is not None},
    }
