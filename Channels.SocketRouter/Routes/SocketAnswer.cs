using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Channels.SocketRouter;

/// <summary>A reply in JSON, made by generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly struct SocketAnswer
{
    private const int LeastStatus = 100;
    private const int MostStatus = 599;

    internal SocketAnswer(int status, ReadOnlyMemory<byte> payload = default, ReadOnlyMemory<byte> headers = default) =>
        (Status, Payload, Headers) = (status, payload, headers);

    /// <summary>The status.</summary>
    public int Status { get; }

    /// <summary>JSON without white space; empty for null.</summary>
    internal ReadOnlyMemory<byte> Payload { get; }

    /// <summary>JSON without white space; empty for null.</summary>
    internal ReadOnlyMemory<byte> Headers { get; }

    /// <summary>The data check said no.</summary>
    public static SocketAnswer RefuseData() => Refuse(CallError.InvalidData);

    /// <summary>The data check named fields.</summary>
    /// <param name="fields">What is wrong with which.</param>
    public static SocketAnswer RefuseData(IReadOnlyDictionary<string, string> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        var wrong = new JsonObject();
        foreach (var (name, text) in fields)
        {
            wrong[name] = text;
        }

        return Refuse(CallError.InvalidData, new JsonObject { ["error"] = $"CallError.{CallError.InvalidData}", ["fields"] = wrong });
    }

    /// <summary>The access check said no.</summary>
    public static SocketAnswer RefuseAccess() => Refuse(CallError.AccessDenied);

    /// <summary>A handler that returns nothing.</summary>
    public static SocketAnswer Of() => new(200);

    /// <summary>A reply without a payload.</summary>
    /// <param name="reply">The reply.</param>
    public static SocketAnswer Of(SocketReply reply)
    {
        ThrowIfNone(reply);
        return new(Checked(reply.Status), headers: Write(reply.Headers));
    }

    /// <summary>A payload with status 200.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="payload">The payload.</param>
    /// <param name="contract">Its contract.</param>
    public static SocketAnswer Of<T>(T payload, JsonTypeInfo<T>? contract) => new(200, Write(payload, contract));

    /// <summary>A reply.</summary>
    /// <typeparam name="T">The payload's type.</typeparam>
    /// <param name="reply">The reply.</param>
    /// <param name="contract">The payload's contract.</param>
    public static SocketAnswer Of<T>(SocketReply<T> reply, JsonTypeInfo<T>? contract)
    {
        ThrowIfNone(reply);
        return new(Checked(reply.Status), Write<T>(reply.Payload!, contract), Write(reply.Headers));
    }

    /// <summary>A reply whose payload dehydrate has changed.</summary>
    /// <typeparam name="T">The payload's type before.</typeparam>
    /// <typeparam name="TView">The type that clients see.</typeparam>
    /// <param name="reply">The handler's reply.</param>
    /// <param name="view">What dehydrate gave.</param>
    /// <param name="contract">The contract of <typeparamref name="TView"/>.</param>
    public static SocketAnswer Of<T, TView>(SocketReply<T> reply, TView view, JsonTypeInfo<TView>? contract)
    {
        ThrowIfNone(reply);
        return new(Checked(reply.Status), Write(view, contract), Write(reply.Headers));
    }

    internal static SocketAnswer Refuse(CallError error, JsonObject? payload = null, JsonObject? headers = null) =>
        new(CallErrors.StatusOf(error), payload is null ? CallErrors.PayloadOf(error) : Write(payload), Write(headers));

    internal static SocketAnswer Refuse(SocketRouteException refusal) =>
        new(Checked(refusal.Status), Write(new JsonObject { ["error"] = refusal.Error }), Write(refusal.Headers));

    private static int Checked(int status) => status is >= LeastStatus and <= MostStatus ? status
        : throw new InvalidOperationException($"The status {status} is none: it must be {LeastStatus} to {MostStatus}.");

    internal static void ThrowIfNone([NotNull] object? reply)
    {
        if (reply is null)
        {
            throw new InvalidOperationException("The handler has returned null in place of a reply; for a payload of null return a reply with it.");
        }
    }

    internal static ReadOnlyMemory<byte> Write(JsonObject? json) => json is null ? default : JsonSerializer.SerializeToUtf8Bytes(json, RouterJson.Default.JsonObject);

    internal static ReadOnlyMemory<byte> Write<T>(T payload, JsonTypeInfo<T>? contract) =>
        payload is null ? default : JsonSerializer.SerializeToUtf8Bytes(payload, contract ?? throw NoContract(typeof(T)));

    internal static InvalidOperationException NoContract(Type type) => new($"There is no JSON contract for '{TypeText.Of(type)}'.");
}
