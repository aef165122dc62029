/** What AgentScope's Flask service of January 2024 answers: `setup_hf_service.py` before messages were a list. */
export const flaskJanuary = {
  n_token_prompt: 4,
  n_token_response: 10,
  response: ' there was a fox.',
  timestamp: '2024-01-20 10:11:12',
};

/** What it answers from 19 April 2024 on. */
export const flaskApril = {
  data: {
    completion_tokens: 14,
    messages: {},
    prompt_tokens: 5,
    response: {
      choices: [{ message: { content: 'Hello, who are you?' } }],
      created: '',
      id: '1713520000',
      model: 'flask_model',
      object: 'text_completion',
      usage: { completion_tokens: 14, prompt_tokens: 5, total_tokens: 19 },
    },
    total_tokens: 24,
    username: '',
  },
};
