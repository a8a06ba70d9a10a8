using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Channels;

/// <summary>What an HTTP request and a WebSocket have in common: they begin with a request line and headers.</summary>
public abstract record RequestScope : Scope
{
    /// <summary>Makes a scope of a protocol that begins with a request.</summary>
    /// <param name="type">The protocol.</param>
    protected RequestScope(string type)
        : base(type)
    {
    }

    /// <summary>
    /// Makes a scope of a protocol that runs inside another one: what the outer request said, and what middleware has found
    /// out about it. <see cref="Headers"/> are the outer ones themselves: set a copy where the inner connection outlives the request.
    /// </summary>
    /// <param name="type">The inner protocol.</param>
    /// <param name="outer">The scope of the request around it.</param>
    [SetsRequiredMembers]
    protected RequestScope(string type, RequestScope outer)
        : base(type, outer)
    {
        (HttpVersion, Scheme, Path, RawPath, QueryString) = (outer.HttpVersion, outer.Scheme, outer.Path, outer.RawPath, outer.QueryString);
        (RootPath, Headers, Client, Server) = (outer.RootPath, outer.Headers, outer.Client, outer.Server);
    }

    /// <summary><c>1.0</c>, <c>1.1</c> or <c>2</c>.</summary>
    public string HttpVersion { get; init; } = "1.1";

    /// <summary><c>http</c>, <c>https</c>, <c>ws</c> or <c>wss</c>.</summary>
    public string Scheme { get; init; } = "http";

    /// <summary>The decoded path, without the query, including <see cref="RootPath"/>; begins with a slash.</summary>
    public required string Path { get; init; }

    /// <summary>The path as the client sent it, still percent-encoded, without the query; null when unknown.</summary>
    public string? RawPath { get; init; }

    /// <summary>What stands after the question mark, still percent-encoded; empty when there is none.</summary>
    public string QueryString { get; init; } = "";

    /// <summary>Where the application is mounted: empty, or a slash and text without a final slash.</summary>
    public string RootPath { get; init; } = "";

    /// <summary>The request's header fields.</summary>
    public IHeaders Headers { get => field ??= new HeaderList(); init; }

    /// <summary>The peer's address; null when unknown, as over a unix socket.</summary>
    public IPEndPoint? Client { get; init; }

    /// <summary>The address the request came in by: an <see cref="IPEndPoint"/> or a unix socket's; null when unknown.</summary>
    public EndPoint? Server { get; init; }
}
