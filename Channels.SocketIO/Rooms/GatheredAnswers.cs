namespace Channels.SocketIO;

/// <summary>What the clients of one server have answered.</summary>
/// <param name="Answers">The answers, in no order.</param>
/// <param name="Missing">How many of its clients gave none.</param>
/// <param name="Silence">Why the server itself gave none, whoever its clients are; null when it did.</param>
internal sealed record GatheredAnswers(IReadOnlyList<SocketIOArguments> Answers, int Missing, Exception? Silence = null);
