/** What the project does with RingCentral: alerts by SMS, through RingCentral's own SDK. */
export class Alerts {
  constructor(platform) {
    this.platform = platform;
  }

  /** Send a text, and try once more where the service is busy. */
  async text(from, to, text) {
    const body = { from: { phoneNumber: from }, to: [{ phoneNumber: to }], text };
    const send = () => this.platform.post('/restapi/v1.0/account/~/extension/~/sms', body);
    const answer = await send().catch((error) => {
      if (error.response?.status !== 503) throw error;
      return send();
    });
    return answer.json();
  }
}
