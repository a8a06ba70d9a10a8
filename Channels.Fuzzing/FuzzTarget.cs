namespace Channels.Fuzzing;

/// <summary>One decoder of input that others write, and what must hold whatever they write.</summary>
internal abstract class FuzzTarget
{
    /// <summary>
    /// All targets, by the name that the command line takes. Made only when they are run: code that was instrumented may
    /// not run before the fuzzer listens.
    /// </summary>
    public static IReadOnlyDictionary<string, Func<FuzzTarget>> All { get; } = new Dictionary<string, Func<FuzzTarget>>
    {
        ["frames"] = static () => new FrameTarget(),
        ["deflate"] = static () => new DeflateTarget(),
        ["msgpack"] = static () => new MsgpackTarget(),
        ["json-wire"] = static () => new JsonWireTarget(),
        ["envelope"] = static () => new EnvelopeTarget(),
        ["json"] = static () => new JsonTarget(),
        ["engineio-payloads"] = static () => new PollPayloadTarget(),
        ["socketio-packets"] = static () => new SocketIOPacketTarget(),
        ["headers"] = static () => new HeaderTarget(),
        ["templates"] = static () => new TemplateTarget(),
    };

    /// <summary>Inputs to begin with: sound ones, and those that did harm once.</summary>
    public abstract IEnumerable<byte[]> Seeds { get; }

    /// <summary>Decodes the input. Any exception is a finding.</summary>
    /// <exception cref="BrokenInvariantException">What was decoded cannot be.</exception>
    public abstract void Check(ReadOnlySpan<byte> input);

    protected static void Holds(bool condition, string invariant)
    {
        if (!condition)
        {
            throw new BrokenInvariantException(invariant);
        }
    }
}
