package chat

// Builtin returns the source of a template by name, for model files that carry none: chatml, llama2 or llama3.
func Builtin(name string) (source string, ok bool) {
	switch name {
	case "chatml":
		return `{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}` +
			`{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}`, true
	case "llama2":
		return `{% set ns = namespace(system='') %}{% for m in messages %}` +
			`{% if m.role == 'system' %}{% set ns.system = '<<SYS>>\n' + m.content + '\n<</SYS>>\n\n' %}` +
			`{% elif m.role == 'user' %}{{ bos_token + '[INST] ' + ns.system + m.content + ' [/INST]' }}{% set ns.system = '' %}` +
			`{% else %}{{ ' ' + m.content + ' ' + eos_token }}{% endif %}{% endfor %}`, true
	case "llama3":
		return `{{ bos_token }}{% for m in messages %}` +
			`{{ '<|start_header_id|>' + m.role + '<|end_header_id|>\n\n' + m.content | trim + '<|eot_id|>' }}{% endfor %}` +
			`{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}`, true
	}
	return "", false
}
