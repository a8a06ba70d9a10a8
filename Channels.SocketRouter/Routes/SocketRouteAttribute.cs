namespace Channels.SocketRouter;

/// <summary>
/// Marks a method of a <see cref="SocketRouterConsumer"/> as the handler of a route. What leads to it is generated: nothing is looked up
/// by reflection when a request comes.
/// </summary>
/// <remarks>
/// <para>
/// The stages of a request are data check, access check, hydrate, the method itself, dehydrate. Each of the first three and the method
/// may take, in any order: the payload by its type, the <see cref="SocketRequest"/>, a <see cref="CancellationToken"/>; the method also
/// what hydrate gave. All may be synchronous or return a <see cref="Task"/> or <see cref="ValueTask"/> of their result. A stage that
/// throws answers 500, except with a <see cref="SocketRouteException"/>, which says what to answer.
/// </para>
/// <para>
/// The method returns nothing, a payload, a <see cref="SocketReply"/>, a <see cref="SocketReply{T}"/>, or an
/// <see cref="IAsyncEnumerable{T}"/> of items. JSON contracts come from the context that <see cref="SocketRouterAttribute"/> names.
/// </para>
/// </remarks>
/// <param name="name">The route as clients send it; null for the method's name without <c>On</c>, its first letter in lower case: <c>OnSayHello</c> is <c>sayHello</c>.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SocketRouteAttribute(string? name = null) : Attribute
{
    /// <summary>The route; null when it follows from the method's name.</summary>
    public string? Name { get; } = name;

    /// <summary>
    /// The method that looks at the payload: returns <see cref="bool"/>, false for 400, or the wrong fields with what is wrong about them
    /// as <c>IReadOnlyDictionary&lt;string, string&gt;?</c>, null for none. Default none.
    /// </summary>
    public string? DataCheck { get; set; }

    /// <summary>The method that says whether the client may: returns <see cref="bool"/>, false for 403. Default none.</summary>
    public string? AccessCheck { get; set; }

    /// <summary>The method that finds what the request is about; the handler is called with null, too. Default none.</summary>
    public string? Hydrate { get; set; }

    /// <summary>The method that makes the handler's payload into what clients see; called for the statuses 200 to 299. Default none.</summary>
    public string? Dehydrate { get; set; }

    /// <summary>Whether requests may be handled beside others of their connection and overtake them. Default false: in the order of arrival, one at a time.</summary>
    public bool Parallel { get; set; }

    /// <summary>The deadline in milliseconds; 0, the default, for <see cref="SocketRouterOptions.RequestTimeout"/>.</summary>
    public int TimeoutMs { get; set; }
}
