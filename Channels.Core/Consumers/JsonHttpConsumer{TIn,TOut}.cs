using System.Text.Json.Serialization.Metadata;

namespace Channels;

/// <summary>
/// Serves one HTTP request whose body is a JSON text, and answers with another one. What the client sends wrong is
/// answered for you, as <c>application/problem+json</c> (RFC 9457): 415 for a content type that is not JSON in UTF-8, 413
/// for a body above <see cref="HttpConsumer.MaxBodyBytes"/>, 400 for a text that is no JSON, 422 for JSON that does not
/// fit the contract or that <see cref="Validate"/> refuses.
/// </summary>
/// <typeparam name="TIn">What the client sends.</typeparam>
/// <typeparam name="TOut">What the client gets.</typeparam>
/// <param name="incoming">The JSON contract of <typeparamref name="TIn"/>, usually from a source-generated context. Its options decide what is refused, such as missing members, and set the depth limit, 64 by default.</param>
/// <param name="outgoing">The JSON contract of <typeparamref name="TOut"/>.</param>
public abstract class JsonHttpConsumer<TIn, TOut>(JsonTypeInfo<TIn> incoming, JsonTypeInfo<TOut> outgoing) : HttpConsumer
    where TOut : class
{
    /// <summary>The status of a response with content. Default 200; set it while the request is handled.</summary>
    protected int ResponseStatus { get; set; } = 200;

    /// <summary>Further headers of the response, empty at first; add to them while the request is handled.</summary>
    protected HeaderList ResponseHeaders { get; } = [];

    /// <summary>The request has come with a body that fits.</summary>
    /// <param name="message">The body; the JSON text <c>null</c> never gets here.</param>
    /// <returns>
    /// The response: it is sent as JSON with <see cref="ResponseStatus"/> and <see cref="ResponseHeaders"/>; null is 204. To
    /// answer with something else, send it, for example with <see cref="Respond.ProblemAsync"/>, or call
    /// <see cref="HttpConsumer.KeepOpen"/>, and return null.
    /// </returns>
    protected abstract ValueTask<TOut?> OnJsonAsync(TIn message);

    /// <summary>Checks what the contract cannot. Default finds nothing wrong.</summary>
    /// <param name="message">The body.</param>
    /// <returns>What is wrong with each part, by its JSON path, for example <c>$.amount</c>; null or nothing when all is well.</returns>
    protected virtual IReadOnlyDictionary<string, string[]>? Validate(TIn message) => null;

    /// <summary>Refuses a body that is no JSON in UTF-8 before it is read.</summary>
    protected sealed override ValueTask OnRequestAsync() => JsonRequest.WhyUnsupported(Scope.Headers) is { } why
        ? new(Respond.ProblemAsync(Send, new(415, why), new HeaderList { { "accept", MediaType.Json }, { "accept-encoding", "identity" } }))
        : base.OnRequestAsync();

    /// <summary>Reads the body, and answers with what <see cref="OnJsonAsync"/> returns.</summary>
    /// <param name="body">The body.</param>
    protected sealed override async ValueTask HandleAsync(ReadOnlyMemory<byte> body)
    {
        var (message, problem) = JsonRequest.Read(body.Span, incoming, error => ContractRefusal.Note(Context.Faults.Logger, this, error));
        if (problem is null && Validate(message!) is { Count: > 0 } errors) // without a problem there is a message
        {
            problem = new(422, "The request body holds values that are not allowed.") { Errors = errors };
        }

        if (problem is not null)
        {
            await Respond.ProblemAsync(Send, problem);
            return;
        }

        var answer = await OnJsonAsync(message!);
        if (answer is not null && IsAnswered)
        {
            throw new InvalidOperationException($"{GetType().Name} has answered its request already, or called KeepOpen(), and returns an answer as well: return null then.");
        }

        if (!IsAnswered)
        {
            await (answer is null
                ? Respond.EmptyAsync(Send, 204, ResponseHeaders)
                : Respond.JsonAsync(Send, answer, outgoing, ResponseStatus, ResponseHeaders));
        }
    }

    private protected sealed override ValueTask RefuseBodyAsync(string why) => new(Respond.ProblemAsync(Send, new(413, why)));
}
