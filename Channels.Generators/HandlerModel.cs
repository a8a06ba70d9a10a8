namespace Channels.Generators;

/// <summary>One [Handles] method, reduced to what the generated code needs.</summary>
/// <param name="MessageType">The message type; empty for an event, which is picked by its CLR type.</param>
/// <param name="Method">The method's name as source text.</param>
/// <param name="Payload">What it takes.</param>
/// <param name="PayloadType">The full name of a typed record or an event; else empty.</param>
/// <param name="Depth">How many bases an event type has: derived types must be tested first.</param>
/// <param name="Returns">What it returns.</param>
/// <param name="TakesToken">Whether its last parameter is a cancellation token.</param>
/// <param name="TakesFamily">Whether the method takes a base of the record.</param>
/// <param name="Answers">What it answers requests with.</param>
internal sealed record HandlerModel(
    string MessageType, string Method, PayloadKind Payload, string PayloadType, int Depth, ReturnKind Returns, bool TakesToken, bool TakesFamily = false, AnswerKind Answers = AnswerKind.No);
