// Microphone, level meters and the ring tone. Begins with a click, as browsers ask.

let context = null;

const audioContext = () => {
  context ??= new AudioContext();
  context.resume();
  return context;
};

/** The microphone. Throws an Error whose message says what to do. */
export async function microphone() {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error("This address has no microphone: open the page by https or as 127.0.0.1.");
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true, video: false });
  } catch (error) {
    if (error.name === "NotAllowedError") throw new Error("The microphone is blocked. Allow it beside the address bar, then try again.");
    if (error.name === "NotFoundError") throw new Error("No microphone is connected.");
    throw new Error(`The microphone cannot be used: ${error.message}`);
  }
}

/** Lets go of a microphone. */
export function silence(stream) {
  stream?.getTracks().forEach((track) => track.stop());
}

/** Shows how loud a stream is on a <meter>. Returns a function that stops it. */
export function meter(stream, element) {
  const source = audioContext().createMediaStreamSource(stream);
  const analyser = new AnalyserNode(audioContext(), { fftSize: 512 });
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const rms = Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
    // -60 dB is silence, -10 dB is loud.
    element.value = Math.min(1, Math.max(0, (20 * Math.log10(rms + 1e-6) + 60) / 50));
  }, 80);
  return () => {
    clearInterval(timer);
    source.disconnect();
    element.value = 0;
  };
}

/** Rings until the returned function is called: two tones, one second in three. */
export function ringTone() {
  const audio = audioContext();
  const gain = new GainNode(audio, { gain: 0 });
  gain.connect(audio.destination);
  const tones = [425, 480].map((frequency) => new OscillatorNode(audio, { frequency }));
  for (const tone of tones) {
    tone.connect(gain);
    tone.start();
  }
  const burst = () => {
    const at = audio.currentTime;
    gain.gain.setTargetAtTime(0.08, at, 0.02);
    gain.gain.setTargetAtTime(0, at + 1, 0.02);
  };
  burst();
  const timer = setInterval(burst, 3000);
  return () => {
    clearInterval(timer);
    tones.forEach((tone) => tone.stop());
    gain.disconnect();
  };
}
