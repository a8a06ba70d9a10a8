namespace Channels.Extending;

/// <summary>What one holder held when memory ran short.</summary>
/// <param name="Holder">Who.</param>
/// <param name="Held">In bytes.</param>
/// <param name="Since">A timestamp.</param>
internal readonly record struct MemoryClaim(MemoryHolder Holder, long Held, long Since)
{
    // Neither patience nor company outweighs size without bound: members of a crowd behind one address who hold little for
    // long stay before a flood of large holders. Whoever holds a sixtieth of another always goes after it.
    private const double MostSeconds = 9;
    private const double MostCompany = 5;

    /// <summary>
    /// Who is to go first stands first. What counts is how much somebody holds, how long already, and which part of all its
    /// whole address holds: a flood from one place loses to somebody from another who holds more alone, and whoever holds little or
    /// only passes by is safe.
    /// </summary>
    public static void Order(List<MemoryClaim> claims, TimeProvider time)
    {
        var now = time.GetTimestamp();
        var perAddress = new Dictionary<AddressKey, long>();
        var total = 0.0;
        foreach (var (holder, held, _) in claims)
        {
            total += held;
            perAddress[holder.Address] = perAddress.GetValueOrDefault(holder.Address) + held;
        }

        var weights = claims.ConvertAll(Weigh).ToArray();
        var order = claims.ToArray();
        Array.Sort(weights, order);
        claims.Clear();
        Array.Reverse(order);
        claims.AddRange(order);

        (double Weight, long Age) Weigh(MemoryClaim claim) =>
            (claim.Held * (1 + MostCompany * perAddress[claim.Holder.Address] / total)
                * (1 + Math.Min(MostSeconds, time.GetElapsedTime(claim.Since, now).TotalSeconds)), now - claim.Since);
    }
}
